// The system's threads, mutexes, conditions and clocks, for whoever links this: in a world they are
// the world's, outside of one the system's own. The program's sources, the standard library and all
// other libraries call these by name, and the program's definitions come first when names are
// bound.
//
// A mutex of the world is kept in the same words as the system's, which are all zero when nobody
// holds it: so one that was made outside works inside. Nobody can be interrupted between two calls,
// so what is read here stays as it is until the next wait.
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

#include "tests/sim/process.h"
#include "tests/sim/scarcity.h"
#include "tests/sim/world.h"

namespace {

using snapfs::sim::kSecond;
using snapfs::sim::Nanoseconds;
using snapfs::sim::Thread;
using snapfs::sim::World;

/// When the world begins, by a clock that is right: in the year 2026.
constexpr std::int64_t kBeginning = 1'795'000'000;

template <class Function>
Function* next(const char* name, const char* version = nullptr) {
  void* const found =
      version != nullptr ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

int& is_held(pthread_mutex_t* mutex) { return mutex->__data.__lock; }
int& owner_of(pthread_mutex_t* mutex) { return mutex->__data.__owner; }
unsigned& depth_of(pthread_mutex_t* mutex) { return mutex->__data.__count; }
bool is_recursive(const pthread_mutex_t* mutex) {
  return (mutex->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE;
}

bool try_lock(World& world, pthread_mutex_t* mutex) {
  const int self = static_cast<int>(world.thread().number);
  if (is_held(mutex) != 0) {
    if (!is_recursive(mutex) || owner_of(mutex) != self) return false;
    ++depth_of(mutex);
    return true;
  }
  is_held(mutex) = 1;
  owner_of(mutex) = self;
  return true;
}

void lock(World& world, pthread_mutex_t* mutex) {
  while (!try_lock(world, mutex)) world.wait_at(mutex);
}

void unlock(World& world, pthread_mutex_t* mutex) {
  if (is_recursive(mutex) && depth_of(mutex) > 0) {
    --depth_of(mutex);
    return;
  }
  is_held(mutex) = 0;
  owner_of(mutex) = 0;
  world.wake_at(mutex, 1);
}

/// By the world's own time, of a clock that the program reads.
Nanoseconds error_of(const World& world, clockid_t clock) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return 0;
  const auto& process = world.process();
  return kBeginning * kSecond + (process ? process->host().clock_error : 0);
}

Nanoseconds total(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

int wait(World& world, pthread_cond_t* condition, pthread_mutex_t* mutex,
         std::optional<Nanoseconds> deadline) {
  unlock(world, mutex);
  const bool was_woken = world.wait_at(condition, deadline);
  lock(world, mutex);
  return was_woken ? 0 : ETIMEDOUT;
}

long futex(World& world, std::uint32_t* word, int operation, std::uint32_t value) {
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
      if (*word != value) {
        errno = EAGAIN;
        return -1;
      }
      world.wait_at(word);
      return 0;
    case FUTEX_WAKE:
      return static_cast<long>(world.wake_at(word, value));
    default:
      std::abort();
  }
}

/// A lock for one writer or several readers, kept in words of it that the system leaves alone: its
/// own are not all zero when nobody holds the lock.
unsigned& readers_of(pthread_rwlock_t* lock) { return lock->__data.__pad3; }
unsigned& writers_of(pthread_rwlock_t* lock) { return lock->__data.__pad4; }

}  // namespace

extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*function)(void*),
                   void* argument) {
  if (World* const world = World::current()) {
    if (snapfs::sim::is_thread_refused()) return EAGAIN;
    *thread = reinterpret_cast<pthread_t>(world->start_thread(function, argument));
    return 0;
  }
  static const auto real = next<decltype(pthread_create)>("pthread_create");
  return real(thread, attributes, function, argument);
}

int pthread_join(pthread_t thread, void** result) {
  if (World* const world = World::current()) {
    world->join(*reinterpret_cast<Thread*>(thread));
    if (result != nullptr) *result = nullptr;
    return 0;
  }
  static const auto real = next<decltype(pthread_join)>("pthread_join");
  return real(thread, result);
}

int pthread_detach(pthread_t thread) {
  if (World::current() != nullptr) {
    World::detach(*reinterpret_cast<Thread*>(thread));
    return 0;
  }
  static const auto real = next<decltype(pthread_detach)>("pthread_detach");
  return real(thread);
}

pthread_t pthread_self() {
  if (World* const world = World::current()) {
    return reinterpret_cast<pthread_t>(&world->thread());
  }
  static const auto real = next<decltype(pthread_self)>("pthread_self");
  return real();
}

int pthread_setname_np(pthread_t thread, const char* name) {
  if (World::current() != nullptr) return 0;
  static const auto real = next<decltype(pthread_setname_np)>("pthread_setname_np");
  return real(thread, name);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  if (World* const world = World::current()) {
    lock(*world, mutex);
    return 0;
  }
  static const auto real = next<decltype(pthread_mutex_lock)>("pthread_mutex_lock");
  return real(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  if (World* const world = World::current()) return try_lock(*world, mutex) ? 0 : EBUSY;
  static const auto real = next<decltype(pthread_mutex_trylock)>("pthread_mutex_trylock");
  return real(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) {
  if (World* const world = World::current()) {
    unlock(*world, mutex);
    return 0;
  }
  static const auto real = next<decltype(pthread_mutex_unlock)>("pthread_mutex_unlock");
  return real(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) {
  if (World* const world = World::current()) {
    while (writers_of(lock) > 0) world->wait_at(lock);
    ++readers_of(lock);
    return 0;
  }
  static const auto real = next<decltype(pthread_rwlock_rdlock)>("pthread_rwlock_rdlock");
  return real(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) {
  if (World* const world = World::current()) {
    while (writers_of(lock) > 0 || readers_of(lock) > 0) world->wait_at(lock);
    writers_of(lock) = 1;
    return 0;
  }
  static const auto real = next<decltype(pthread_rwlock_wrlock)>("pthread_rwlock_wrlock");
  return real(lock);
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) {
  if (World* const world = World::current()) {
    --(writers_of(lock) > 0 ? writers_of(lock) : readers_of(lock));
    world->wake_at(lock, SIZE_MAX);
    return 0;
  }
  static const auto real = next<decltype(pthread_rwlock_unlock)>("pthread_rwlock_unlock");
  return real(lock);
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  if (World* const world = World::current()) return wait(*world, condition, mutex, std::nullopt);
  static const auto real = next<decltype(pthread_cond_wait)>("pthread_cond_wait", "GLIBC_2.3.2");
  return real(condition, mutex);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* time) {
  if (World* const world = World::current()) {
    return wait(*world, condition, mutex, total(*time) - error_of(*world, clock));
  }
  static const auto real = next<decltype(pthread_cond_clockwait)>("pthread_cond_clockwait");
  return real(condition, mutex, clock, time);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* time) {
  if (World* const world = World::current()) {
    return wait(*world, condition, mutex, total(*time) - error_of(*world, CLOCK_REALTIME));
  }
  static const auto real =
      next<decltype(pthread_cond_timedwait)>("pthread_cond_timedwait", "GLIBC_2.3.2");
  return real(condition, mutex, time);
}

int pthread_cond_signal(pthread_cond_t* condition) {
  if (World* const world = World::current()) {
    world->wake_at(condition, 1);
    return 0;
  }
  static const auto real =
      next<decltype(pthread_cond_signal)>("pthread_cond_signal", "GLIBC_2.3.2");
  return real(condition);
}

int pthread_cond_broadcast(pthread_cond_t* condition) {
  if (World* const world = World::current()) {
    world->wake_at(condition, SIZE_MAX);
    return 0;
  }
  static const auto real =
      next<decltype(pthread_cond_broadcast)>("pthread_cond_broadcast", "GLIBC_2.3.2");
  return real(condition);
}

int pthread_once(pthread_once_t* once, void (*function)()) {
  constexpr int kRunning = 1;
  constexpr int kDone = 2;
  if (World* const world = World::current()) {
    while (*once == kRunning) world->wait_at(once);
    if (*once == kDone) return 0;
    *once = kRunning;
    struct Finish {
      World& world;
      pthread_once_t* once;
      int outcome = PTHREAD_ONCE_INIT;  // an exception: somebody else may try
      ~Finish() {
        *once = outcome;
        world.wake_at(once, SIZE_MAX);
      }
    } finish{*world, once};
    function();
    finish.outcome = kDone;
    return 0;
  }
  static const auto real = next<decltype(pthread_once)>("pthread_once");
  return real(once, function);
}

// What the standard library waits for atomics with.
long syscall(long number, ...) noexcept {
  std::va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  World* const world = World::current();
  if (world != nullptr && number == SYS_futex) {
    return futex(*world, reinterpret_cast<std::uint32_t*>(arguments[0]),
                 static_cast<int>(arguments[1]), static_cast<std::uint32_t>(arguments[2]));
  }
  static const auto real = next<decltype(syscall)>("syscall");
  return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
              arguments[5]);
}

int sched_yield() noexcept {
  if (World* const world = World::current()) {
    world->yield();
    return 0;
  }
  static const auto real = next<int()>("sched_yield");
  return real();
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  World* const world = World::current();
  const bool is_of_processor =
      clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID || clock < 0;
  if (world != nullptr && !is_of_processor) {
    const Nanoseconds now = world->now() + error_of(*world, clock);
    time->tv_sec = now / kSecond;
    time->tv_nsec = now % kSecond;
    return 0;
  }
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  return real(clock, time);
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int nanosleep(const timespec* duration, timespec* left) {
  if (World* const world = World::current()) {
    world->sleep(total(*duration));
    return 0;
  }
  static const auto real = next<decltype(nanosleep)>("nanosleep");
  return real(duration, left);
}

ssize_t getrandom(void* out, std::size_t size, unsigned flags) {
  if (World* const world = World::current()) {
    auto* const bytes = static_cast<unsigned char*>(out);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(world->draw());
    return static_cast<ssize_t>(size);
  }
  static const auto real = next<decltype(getrandom)>("getrandom");
  return real(out, size, flags);
}

pid_t getpid() noexcept {
  World* const world = World::current();
  if (world != nullptr && world->process()) return static_cast<pid_t>(world->process()->pid());
  static const auto real = next<pid_t()>("getpid");
  return real();
}

int kill(pid_t pid, int signal) noexcept {
  if (World::current() != nullptr && pid >= snapfs::sim::kFirstPid) {
    const snapfs::sim::Process* const process = snapfs::sim::find_process(pid);
    if (process != nullptr && process->is_there()) return 0;
    errno = ESRCH;
    return -1;
  }
  static const auto real = next<int(pid_t, int)>("kill");
  return real(pid, signal);
}

}  // extern "C"
