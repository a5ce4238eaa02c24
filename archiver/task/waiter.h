// The one place where a fiber goes to sleep: what channels, futures and semaphores are built on.
// Not a lock and not a condition: who waits for what, and under which mutex, is the owner's affair.
// There are no timed waits: a fiber notified after its deadline would swallow the wake-up.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace snapfs {

/// One fiber, or one plain thread, that is about to sleep. Lives on its own stack for one wait:
/// made, published to whoever will end the wait (in a WaiterList under the owner's mutex, or in an
/// atomic), then `suspend()`. The one who unpublishes it ends the wait, exactly once, by `grant()`
/// or `dismiss()`.
class Waiter {
 public:
  /// Prepares the wait of the running fiber. Nothing may suspend it before `suspend()` is called.
  Waiter() noexcept;

  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// Sleeps until the wait is ended; also right when that has happened already. Call it without
  /// any lock held. True when granted, false when dismissed.
  bool suspend() noexcept;

  /// Ends the wait with what was waited for. What the caller wrote before is visible after
  /// `suspend()`. From any thread; the waiter may be gone when this returns.
  void grant() noexcept { end(Outcome::kGranted); }

  /// Ends the wait without it.
  void dismiss() noexcept { end(Outcome::kDismissed); }

 private:
  friend class WaiterList;
  enum class Outcome { kWaiting, kGranted, kDismissed };

  void end(Outcome outcome) noexcept;

  // Holds a boost::fibers::waker, so that Boost stays out of the headers.
  alignas(void*) std::array<std::byte, 2 * sizeof(void*)> waker_;
  std::atomic<Outcome> outcome_{Outcome::kWaiting};
  Waiter* next_ = nullptr;
};

/// Waiters, first in, first out. Owns nothing; guarded by its owner's mutex.
class WaiterList {
 public:
  WaiterList() = default;
  WaiterList(const WaiterList&) = delete;
  WaiterList& operator=(const WaiterList&) = delete;

  bool empty() const noexcept { return head_ == nullptr; }
  Waiter& front() const noexcept { return *head_; }
  void push_back(Waiter& waiter) noexcept;

  /// Unlinks the first waiter; there must be one. Ending its wait is now the caller's duty.
  Waiter& pop_front() noexcept;

  /// Exchanges the contents with `other`.
  void swap(WaiterList& other) noexcept;

  /// Empties the list and grants all who were in it.
  void grant_all() noexcept;

  /// Empties the list and dismisses all who were in it.
  void dismiss_all() noexcept;

 private:
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

/// Waits until no wake-up from one thread to another is under way. A thread that ran fibers calls
/// it before it ends: the waker touches the sleeper's scheduler for a moment after the sleeper can
/// already run, and that scheduler dies with its thread.
void settle_wakes() noexcept;

}  // namespace snapfs
