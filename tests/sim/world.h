// A world in which the whole program runs without threads and without time: what it starts as
// threads runs as fibers of one thread, in an order that a seed decides, and clocks show a time
// that passes only when the world lets it. The same seed gives the same run, switch for switch.
//
// threads_in_world.cc puts this in the place of the system's threads: the program's sources know
// nothing of it. Here is only the lottery and the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace boost::fibers {
class context;
}

namespace snapfs::sim {

class Process;

/// Since the world began.
using Nanoseconds = std::int64_t;

inline constexpr Nanoseconds kMillisecond = 1'000'000;
inline constexpr Nanoseconds kSecond = 1'000 * kMillisecond;
inline constexpr Nanoseconds kMinute = 60 * kSecond;

/// What the program takes for a thread.
struct Thread {
  std::uint32_t number = 0;
  std::shared_ptr<Process> process;  ///< whose it is; null: the world's own
  void* result = nullptr;
  bool has_ended = false;
  bool is_detached = false;
};

class World {
 public:
  /// One fiber that waits. Lives on its stack.
  class Wait {
   public:
    Wait() = default;
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    friend World;
    boost::fibers::context* fiber = nullptr;
    bool is_over = false;
    bool is_late = false;
    std::optional<std::pair<Nanoseconds, std::uint64_t>> event;
  };

  /// Calls `body` as the first thread of a world, in a thread of the system that has nothing else
  /// to do (in_own_thread), and returns when all threads of the world have ended. A deadlock ends
  /// the program with a message.
  World(std::uint64_t seed, const std::function<void()>& body);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// The world that the calling code runs in; null outside.
  static World* current() noexcept;

  /// Calls `body` in a thread of the system in which worlds can be made.
  static void in_own_thread(const std::function<void()>& body);

  std::uint64_t seed() const noexcept { return seed_; }
  Nanoseconds now() const noexcept { return now_; }

  // The one source of chance.
  std::uint64_t draw() noexcept;
  std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : draw() % bound; }
  bool chance(std::uint64_t in_a_thousand) noexcept { return below(1000) < in_a_thousand; }

  /// Calls `action` at that time, between two fibers: it may end waits, but not wait.
  void at(Nanoseconds time, std::function<void()> action);

  /// Waits until somebody calls end(), or until that time: false then.
  bool block(Wait& wait, std::optional<Nanoseconds> deadline = std::nullopt) noexcept;
  void end(Wait& wait) noexcept;

  void sleep(Nanoseconds duration) noexcept;

  /// Lets others run first.
  void yield() noexcept;

  Thread& thread() const noexcept { return *thread_; }
  const std::shared_ptr<Process>& process() const noexcept { return thread_->process; }

  Thread* start_thread(void* (*function)(void*), void* argument);
  void join(Thread& thread) noexcept;
  static void detach(Thread& thread) noexcept;

  /// Those who wait for something at an address: a mutex, a condition, a word.
  using Queue = std::list<Wait*>;
  Queue& queue_of(const void* address) { return queues_[address]; }
  bool wait_at(const void* address, std::optional<Nanoseconds> deadline = std::nullopt) noexcept;
  /// Ends the wait of as many as there are, up to `most`, drawn by lot.
  std::size_t wake_at(const void* address, std::size_t most) noexcept;

  /// A fingerprint of all that happened, in its order.
  std::uint64_t trace() const noexcept { return trace_; }
  void note(std::uint64_t what) noexcept { trace_ = (trace_ ^ what) * 1099511628211ULL; }
  std::size_t switches() const noexcept { return switches_; }

 private:
  friend class Lottery;
  struct Event {
    boost::fibers::context* fiber = nullptr;
    Wait* wait = nullptr;  ///< of the fiber, which is late then
    std::function<void()> action;
  };
  using Events = std::map<std::pair<Nanoseconds, std::uint64_t>, Event>;

  Events::iterator add(Nanoseconds time, Event event);
  void suspend() noexcept;
  bool lets_time_pass() noexcept;
  void pass_time();

  const std::uint64_t seed_;
  std::uint64_t random_;
  Nanoseconds now_ = 0;
  std::uint64_t events_so_far_ = 0;
  Events events_;
  std::vector<boost::fibers::context*> ready_;
  std::map<const void*, Queue> queues_;
  std::map<Thread*, std::shared_ptr<Thread>> threads_;
  std::uint32_t threads_so_far_ = 0;
  Thread own_;
  Thread* thread_ = &own_;
  std::shared_ptr<Thread> starting_;  ///< whose fiber is being made
  std::size_t switches_ = 0;
  std::uint64_t trace_ = 14695981039346656037ULL;
};

}  // namespace snapfs::sim
