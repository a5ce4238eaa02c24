// Who may enter a bounded place, by weight, in the order of arrival. The rule that channels and
// semaphores share; not thread-safe, its owner's mutex guards it.
#pragma once

#include <algorithm>
#include <cstddef>

#include "archiver/task/waiter.h"

namespace snapfs {

/// A waiter that needs room for `weight`.
struct WeighedWaiter : Waiter {
  explicit WeighedWaiter(std::size_t weight_) noexcept : weight(weight_) {}
  std::size_t weight;
};

/// Counts what is inside against the capacity and lines up those who do not fit. Nobody overtakes:
/// a heavy one at the head is not starved by light ones behind it. What is heavier than the whole
/// capacity enters when nothing else is inside.
class Admission {
 public:
  explicit Admission(std::size_t capacity) noexcept
      : capacity_(std::max<std::size_t>(capacity, 1)) {}

  /// Takes room for `weight` if there is any and nobody waits. A weight counts as at least 1.
  bool try_enter(std::size_t weight) noexcept {
    if (!waiting_.empty() || !fits(weight)) return false;
    used_ += counted(weight);
    return true;
  }

  /// Gives back the room of something that entered with the same weight. The caller then calls
  /// `admit_next` until it returns nothing.
  void leave(std::size_t weight) noexcept { used_ -= counted(weight); }

  void line_up(WeighedWaiter& waiter) noexcept { waiting_.push_back(waiter); }

  /// Takes room for the first in the line if it fits now, unlinks and returns it; else nullptr.
  /// Granting it is the caller's duty.
  WeighedWaiter* admit_next() noexcept {
    if (waiting_.empty()) return nullptr;
    auto& first = static_cast<WeighedWaiter&>(waiting_.front());
    if (!fits(first.weight)) return nullptr;
    used_ += counted(first.weight);
    waiting_.pop_front();
    return &first;
  }

  /// Hands over all who wait, for dismissal outside the mutex.
  void surrender(WaiterList& waiters) noexcept { waiters.swap(waiting_); }

  std::size_t used() const noexcept { return used_; }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  static std::size_t counted(std::size_t weight) noexcept {
    return std::max<std::size_t>(weight, 1);
  }
  bool fits(std::size_t weight) const noexcept {
    return used_ == 0 || (used_ <= capacity_ && counted(weight) <= capacity_ - used_);
  }

  const std::size_t capacity_;
  std::size_t used_ = 0;
  WaiterList waiting_;
};

}  // namespace snapfs
