// Tells AddressSanitizer and ThreadSanitizer about fiber switches, so that sanitizer builds work
// with the distribution's Boost, which was compiled without them. Linked into sanitizer builds
// only; no part of snapfs calls it.
//
// All switches of Boost.Fiber end in three assembly routines of Boost.Context. The programs define
// the same names, which come before the library's when symbols are bound, and call on to the
// library's with dlsym(RTLD_NEXT):
//
//   make_fcontext   a stack becomes a context     → remember the stack, start it at `entry`
//   jump_fcontext   switch                        → tell before leaving and after arriving
//   ontop_fcontext  switch, run a function there  → the same, the function runs after arriving
//
// This file itself is compiled without instrumentation (scripts/cmake/SnapfsSanitizer.cmake): a
// function that is entered on one stack and left on another must not be watched.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <new>
#include <utility>

#if !defined(SNAPFS_SANITIZE_ADDRESS) && !defined(SNAPFS_SANITIZE_THREAD)
#error "compile this file in sanitizer builds only"
#endif

extern "C" {
#ifdef SNAPFS_SANITIZE_THREAD
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
#else
void __sanitizer_start_switch_fiber(void** fake_stack_save, const void* bottom, std::size_t size);
void __sanitizer_finish_switch_fiber(void* fake_stack_save, const void** bottom_old,
                                     std::size_t* size_old);
void __asan_unpoison_memory_region(const volatile void* addr, std::size_t size);
#endif
}

namespace {

// The interface of Boost.Context's assembly (boost/context/detail/fcontext.hpp).
using Context = void*;
struct Transfer {
  Context from;
  void* data;
};
using Function = void (*)(Transfer);
using OntopFunction = Transfer (*)(Transfer);
using Make = Context (*)(void* stack_top, std::size_t size, Function function);
using Jump = Transfer (*)(Context to, void* data);
using Ontop = Transfer (*)(Context to, void* data, OntopFunction function);

// The library's own routine `name`.
template <class Routine>
Routine next(const char* name) {
  void* const symbol = dlsym(RTLD_NEXT, name);
  if (symbol == nullptr) std::abort();
  return reinterpret_cast<Routine>(symbol);
}

// A stack that fibers run on; [low, high). A thread's own stack is one as well.
struct Stack {
  std::uintptr_t low = 0;
  std::uintptr_t high = 0;
  Function function = nullptr;  // what Boost wanted to start there
  void* tsan_fiber = nullptr;
  void* asan_frames = nullptr;  // its fake stack while it is switched away
};

// Memory for the map below that ThreadSanitizer does not see: it would miss the lock around the
// map's nodes and call their reuse a race. Never given back to the system; guarded by that lock.
template <class T>
struct HiddenAllocator {
  using value_type = T;

  HiddenAllocator() = default;
  template <class Other>
  HiddenAllocator(const HiddenAllocator<Other>&) noexcept {}
  bool operator==(const HiddenAllocator&) const = default;

  T* allocate(std::size_t count) {
    if (count != 1) std::abort();
    if (free_list == nullptr) grow();
    return reinterpret_cast<T*>(std::exchange(free_list, free_list->next));
  }
  void deallocate(T* memory, std::size_t) noexcept {
    free_list = new (static_cast<void*>(memory)) Free{free_list};
  }

 private:
  struct Free {
    Free* next;
  };
  static_assert(sizeof(T) >= sizeof(Free));

  static void grow() {
    constexpr std::size_t kBytes = std::size_t{256} * 1024;
    void* const chunk =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) std::abort();
    auto* const slots = static_cast<std::byte*>(chunk);
    for (std::size_t at = 0; at + sizeof(T) <= kBytes; at += sizeof(T)) {
      free_list = new (slots + at) Free{free_list};
    }
  }

  inline static Free* free_list = nullptr;
};

// All stacks that contexts were made on, by address. Nobody says when one is freed; it is forgotten
// when a new one overlaps it.
class Stacks {
 public:
  void add(const Stack& stack) {
    lock();
    for (auto it = by_high_.upper_bound(stack.low);
         it != by_high_.end() && it->second.low < stack.high;) {
#ifdef SNAPFS_SANITIZE_THREAD
      __tsan_destroy_fiber(it->second.tsan_fiber);
#endif
      it = by_high_.erase(it);
    }
    by_high_.emplace(stack.high, stack);
    unlock();
  }

  // The stack that `address` lies on; null when no context was made there. It stays where it is as
  // long as its fiber lives.
  Stack* find(const void* address) {
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    lock();
    const auto it = by_high_.upper_bound(wanted);
    const bool known = it != by_high_.end() && it->second.low <= wanted;
    Stack* const found = known ? &it->second : nullptr;
    unlock();
    return found;
  }

 private:
  void lock() {
    while (busy_.test_and_set(std::memory_order_acquire)) {
    }
  }
  void unlock() { busy_.clear(std::memory_order_release); }

  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  std::map<std::uintptr_t, Stack, std::less<>,
           HiddenAllocator<std::pair<const std::uintptr_t, Stack>>>
      by_high_;
};

// Never destroyed: fibers switch until the last thread_local is gone.
Stacks& stacks() {
  static Stacks* const all = new Stacks;
  return *all;
}

// The calling thread's own stack. Trivially destroyed, so that it outlives Boost's thread_local
// scheduler.
thread_local Stack own;

// Whether the calling thread has left a stack and not yet said so on the next one.
thread_local bool switching = false;

// Asked first: a thread's stack may lie where the system had a fiber's before.
bool is_on_own(const void* address) {
  if (own.high == 0) {
    pthread_attr_t attributes;
    void* low = nullptr;
    std::size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) std::abort();
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    own.low = reinterpret_cast<std::uintptr_t>(low);
    own.high = own.low + size;
  }
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  return own.low <= wanted && wanted < own.high;
}

Stack& stack_of(const void* address) {
  if (is_on_own(address)) return own;
  Stack* const found = stacks().find(address);
  return found != nullptr ? *found : own;
}

// The last thing to happen before a switch to the context at `to`.
[[gnu::noinline]] void leave(const void* to) {
  Stack& target = stack_of(to);
  switching = true;
#ifdef SNAPFS_SANITIZE_THREAD
  // A thread's first switch leaves from its own stack, which is then its current fiber.
  if (own.tsan_fiber == nullptr) own.tsan_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(target.tsan_fiber, 0);
#else
  Stack& here = stack_of(__builtin_frame_address(0));
  __sanitizer_start_switch_fiber(&here.asan_frames, reinterpret_cast<const void*>(target.low),
                                 target.high - target.low);
#endif
}

// The first thing to happen after a switch. Comes twice after ontop_fcontext: before the function
// and where the target goes on.
[[gnu::noinline]] void arrive() {
  if (!switching) return;
  switching = false;
#ifdef SNAPFS_SANITIZE_ADDRESS
  Stack& here = stack_of(__builtin_frame_address(0));
  __sanitizer_finish_switch_fiber(here.asan_frames, nullptr, nullptr);
#endif
}

// Where every new context starts.
void entry(Transfer transfer) {
  arrive();
  stack_of(__builtin_frame_address(0)).function(transfer);
  std::abort();  // a context never returns, it switches away for the last time
}

struct OntopCall {
  void* data;
  OntopFunction function;
};

// What runs on top of the target of ontop_fcontext, in place of the function it was given.
Transfer ontop_entry(Transfer transfer) {
  const OntopCall call = *static_cast<const OntopCall*>(transfer.data);
  arrive();
  transfer.data = call.data;
  return call.function(transfer);
}

}  // namespace

extern "C" {

#ifdef SNAPFS_SANITIZE_ADDRESS
// A stack that is given back takes the red zones of its frames with it: the next one there begins
// with writing down who runs on it, before make_fcontext is called.
int munmap(void* address, std::size_t size) noexcept {
  __asan_unpoison_memory_region(address, size);
  return static_cast<int>(syscall(SYS_munmap, address, size));
}
#endif

Context make_fcontext(void* stack_top, std::size_t size, Function function) {
  static const Make make = next<Make>("make_fcontext");
  const auto high = reinterpret_cast<std::uintptr_t>(stack_top);
  void* tsan_fiber = nullptr;
#ifdef SNAPFS_SANITIZE_THREAD
  tsan_fiber = __tsan_create_fiber(0);
#else
  // Frames of a fiber that ended here before may have left their red zones behind.
  __asan_unpoison_memory_region(reinterpret_cast<void*>(high - size), size);
#endif
  stacks().add({high - size, high, function, tsan_fiber, nullptr});
  return make(stack_top, size, &entry);
}

Transfer jump_fcontext(Context to, void* data) {
  static const Jump jump = next<Jump>("jump_fcontext");
  leave(to);
  const Transfer transfer = jump(to, data);
  arrive();
  return transfer;
}

Transfer ontop_fcontext(Context to, void* data, OntopFunction function) {
  static const Ontop ontop = next<Ontop>("ontop_fcontext");
  OntopCall call{data, function};
  leave(to);
  const Transfer transfer = ontop(to, &call, &ontop_entry);
  arrive();
  return transfer;
}

}  // extern "C"
