// A Boost.Fiber scheduler that draws lots, and lets time pass now and then although somebody could
// go on: if it passed only when all wait, a storage would never be overtaken by a computation.
// Fibers that wait are out of Boost's sight; ending a wait puts them back into the lottery. The
// dispatcher, which only reaps ended fibers, takes no part in it, so that its turns change nothing.
#include "tests/sim/world.h"

#include <cxxabi.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <boost/context/stack_context.hpp>
#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/scheduler.hpp>

#include "tests/sim/process.h"
#include "tests/sim/scarcity.h"

namespace snapfs::sim {
namespace {

using boost::fibers::context;

constexpr std::size_t kStackBytes = 512 << 10;
constexpr std::size_t kGuardBytes = 4096;
constexpr std::size_t kMostSwitches = 50'000'000;  ///< more is a run that never ends

thread_local World* current_world = nullptr;

/// Stacks that are used again: a world starts many threads.
class PooledStack {
 public:
  boost::context::stack_context allocate() const {
    auto& pool = stacks();
    boost::context::stack_context stack;
    stack.size = kStackBytes;
    if (!pool.empty()) {
      stack.sp = pool.back();
      pool.pop_back();
      return stack;
    }
    void* const low = ::mmap(nullptr, kStackBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (low == MAP_FAILED || ::mprotect(low, kGuardBytes, PROT_NONE) != 0) std::abort();
    stack.sp = static_cast<char*>(low) + kStackBytes + kGuardBytes;
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) const noexcept {
    stacks().push_back(stack.sp);
  }

 private:
  /// Never destroyed: Boost gives stacks back until the thread's last moment.
  static std::vector<void*>& stacks() {
    thread_local auto* const pool = new std::vector<void*>;
    return *pool;
  }
};

/// Whose a fiber is: those that a thread makes by itself are that thread's.
struct Belonging final : boost::fibers::fiber_properties {
  explicit Belonging(context* fiber) : fiber_properties(fiber) {}
  std::shared_ptr<Thread> owned;
  Thread* thread = nullptr;
};

/// What the language keeps for each thread about exceptions that are being handled.
struct Handled {
  std::array<std::byte, 2 * sizeof(void*)> bytes{};
  static void* place() { return static_cast<void*>(__cxxabiv1::__cxa_get_globals()); }
  void take() {
    std::memcpy(bytes.data(), place(), bytes.size());
    std::memset(place(), 0, bytes.size());
  }
  void put_back() const { std::memcpy(place(), bytes.data(), bytes.size()); }
};

}  // namespace

class Lottery final : public boost::fibers::algo::algorithm_with_properties<Belonging> {
 public:
  using Base = boost::fibers::algo::algorithm_with_properties<Belonging>;

  static Lottery*& of_this_thread() {
    thread_local Lottery* lottery = nullptr;
    return lottery;
  }

  void awakened(context* fiber, Belonging& /*belonging*/) noexcept override {
    const Unfailing unfailing;
    if (fiber->is_context(boost::fibers::type::dispatcher_context)) {
      dispatcher_ = fiber;
    } else if (current_world == nullptr) {
      outside_ = fiber;
    } else {
      current_world->ready_.push_back(fiber);
    }
  }

  boost::fibers::fiber_properties* new_properties(context* fiber) override {
    const Unfailing unfailing;
    auto* const belonging = new Belonging(fiber);
    if (current_world == nullptr) return belonging;
    belonging->owned = std::move(current_world->starting_);
    belonging->thread = belonging->owned ? belonging->owned.get() : current_world->thread_;
    return belonging;
  }

  context* pick_next() noexcept override {
    const Unfailing unfailing;
    World* const world = current_world;
    if (world == nullptr) {
      return outside_ != nullptr ? std::exchange(outside_, nullptr)
                                 : std::exchange(dispatcher_, nullptr);
    }
    if (dispatcher_ != nullptr && ++since_reaping_ >= 64) return reap(*world);
    while (true) {
      if (world->lets_time_pass()) {
        world->pass_time();
        continue;
      }
      if (world->ready_.empty()) return reap(*world);
      context* const fiber = take_one(*world);
      Thread* const thread = thread_of(*world, fiber);
      const auto paused_until = thread->process ? thread->process->paused_until() : 0;
      if (paused_until > world->now()) {
        World::Event event;
        event.fiber = fiber;
        world->add(paused_until, std::move(event));
        continue;
      }
      world->thread_ = thread;
      if (++world->switches_ > kMostSwitches) give_up(*world, "does not end");
      return fiber;
    }
  }

  bool has_ready_fibers() const noexcept override {
    return current_world != nullptr
               ? !current_world->ready_.empty() || !current_world->events_.empty()
               : outside_ != nullptr;
  }

  // The dispatcher found nothing to run, and there is no other thread to wait for.
  void suspend_until(const std::chrono::steady_clock::time_point& /*time*/) noexcept override {
    if (current_world != nullptr) give_up(*current_world, "no fiber can go on");
  }

  void notify() noexcept override {}

 private:
  /// The dispatcher, if it is not running.
  context* reap(World& world) {
    since_reaping_ = 0;
    world.thread_ = &world.own_;
    return std::exchange(dispatcher_, nullptr);
  }

  static context* take_one(World& world) {
    const std::size_t drawn = world.below(world.ready_.size());
    context* const fiber = world.ready_[drawn];
    world.ready_[drawn] = world.ready_.back();
    world.ready_.pop_back();
    world.note(drawn + 1);
    return fiber;
  }

  /// The context that made the world belongs to nobody in it.
  static Thread* thread_of(World& world, context* fiber) {
    const auto* const belonging = static_cast<Belonging*>(get_properties(fiber));
    return belonging != nullptr && belonging->thread != nullptr ? belonging->thread : &world.own_;
  }

  [[noreturn]] static void give_up(const World& world, const char* why) {
    std::fprintf(stderr, "seed %llu: %s after %zu switches, at %lld s\n",
                 static_cast<unsigned long long>(world.seed()), why, world.switches(),
                 static_cast<long long>(world.now() / kSecond));
    std::abort();
  }

  context* dispatcher_ = nullptr;
  context* outside_ = nullptr;
  unsigned since_reaping_ = 0;
};

World* World::current() noexcept { return current_world; }

void World::in_own_thread(const std::function<void()>& body) {
  std::thread([&body] {
    Lottery* const lottery = new Lottery;
    Lottery::of_this_thread() = lottery;
    context::active()->get_scheduler()->set_algo(boost::intrusive_ptr<Lottery>(lottery));
    body();
  }).join();
}

World::World(std::uint64_t seed, const std::function<void()>& body) : seed_(seed), random_(seed) {
  const auto call = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  current_world = this;
  Thread* const first = start_thread(call, const_cast<std::function<void()>*>(&body));
  join(*first);
  while (!threads_.empty()) sleep(kSecond);
}

World::~World() { current_world = nullptr; }

// splitmix64
std::uint64_t World::draw() noexcept {
  random_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = random_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

World::Events::iterator World::add(Nanoseconds time, Event event) {
  return events_.emplace(std::pair(std::max(time, now_), events_so_far_++), std::move(event)).first;
}

void World::at(Nanoseconds time, std::function<void()> action) {
  const Unfailing unfailing;
  Event event;
  event.action = std::move(action);
  add(time, std::move(event));
}

/// Always when nobody can go on; otherwise now and then, unless that would keep somebody waiting
/// who can for longer than any system does.
bool World::lets_time_pass() noexcept {
  if (events_.empty()) return false;
  if (ready_.empty()) return true;
  return events_.begin()->first.first - now_ < kSecond && below(4) == 0;
}

/// To the next event.
void World::pass_time() {
  auto node = events_.extract(events_.begin());
  now_ = node.key().first;
  Event& event = node.mapped();
  if (event.action) event.action();
  if (event.wait != nullptr) {
    event.wait->event.reset();
    event.wait->is_over = true;
    event.wait->is_late = true;
  }
  if (event.fiber != nullptr) ready_.push_back(event.fiber);
}

/// Exceptions that a thread is handling must not become those of the next one.
void World::suspend() noexcept {
  Handled handled;
  handled.take();
  // Boost's own way to suspend does not expect to be told to go on at once.
  context* const next = Lottery::of_this_thread()->pick_next();
  const int depth = Unfailing::take();
  if (next != context::active()) next->resume();
  Unfailing::put_back(depth);
  handled.put_back();
}

bool World::block(Wait& wait, std::optional<Nanoseconds> deadline) noexcept {
  const Unfailing unfailing;
  if (!wait.is_over) {
    wait.fiber = context::active();
    if (deadline) {
      Event event;
      event.fiber = wait.fiber;
      event.wait = &wait;
      wait.event = add(*deadline, std::move(event))->first;
    }
    suspend();
  }
  return !wait.is_late;
}

void World::end(Wait& wait) noexcept {
  const Unfailing unfailing;
  if (wait.is_over) return;
  wait.is_over = true;
  if (wait.event) events_.erase(*wait.event);
  wait.event.reset();
  if (wait.fiber != nullptr) ready_.push_back(wait.fiber);
}

void World::sleep(Nanoseconds duration) noexcept {
  Wait wait;
  block(wait, now_ + duration);
}

void World::yield() noexcept {
  const Unfailing unfailing;
  ready_.push_back(context::active());
  suspend();
}

bool World::wait_at(const void* address, std::optional<Nanoseconds> deadline) noexcept {
  const Unfailing unfailing;
  Wait wait;
  queues_[address].push_back(&wait);
  const bool was_ended = block(wait, deadline);
  if (!was_ended) {
    const auto found = queues_.find(address);
    if (found != queues_.end()) {
      found->second.remove(&wait);
      if (found->second.empty()) queues_.erase(found);
    }
  }
  return was_ended;
}

std::size_t World::wake_at(const void* address, std::size_t most) noexcept {
  const auto found = queues_.find(address);
  if (found == queues_.end()) return 0;
  Queue& queue = found->second;
  std::size_t woken = 0;
  while (!queue.empty() && woken < most) {
    auto chosen = queue.begin();
    if (most < queue.size()) std::advance(chosen, below(queue.size()));
    Wait* const wait = *chosen;
    queue.erase(chosen);
    end(*wait);
    ++woken;
  }
  if (queue.empty()) queues_.erase(found);
  return woken;
}

Thread* World::start_thread(void* (*function)(void*), void* argument) {
  const Unfailing unfailing;
  auto thread = std::make_shared<Thread>();
  thread->number = ++threads_so_far_;
  thread->process = thread_->process;
  threads_[thread.get()] = thread;
  starting_ = thread;
  boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg, PooledStack(),
                       [this, thread, function, argument]() mutable {
                         Thread* const self = thread.get();
                         thread.reset();
                         self->result = function(argument);
                         self->has_ended = true;
                         wake_at(self, SIZE_MAX);
                         if (self->is_detached) threads_.erase(self);
                       })
      .detach();
  return thread.get();
}

void World::join(Thread& thread) noexcept {
  while (!thread.has_ended) wait_at(&thread);
  threads_.erase(&thread);
}

void World::detach(Thread& thread) noexcept {
  thread.is_detached = true;
  if (thread.has_ended) current_world->threads_.erase(&thread);
}

}  // namespace snapfs::sim
