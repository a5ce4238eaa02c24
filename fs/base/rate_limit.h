// How many bytes may move in a second, shared by all that move them in one direction.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "fs/base/timer.h"

namespace snapfs {

/// A queue for a line of so many bytes a second: whoever wants to move some is told when it is his
/// turn. Over time not one byte more moves than the rate allows; what was left unused is made good
/// only for kBurst. Thread-safe, and never waits itself.
class RateLimit {
 public:
  /// What may be made good, as a time at full rate.
  static constexpr std::chrono::milliseconds kBurst{50};

  /// The timer must outlive it. At a rate of 0 there is no limit.
  explicit RateLimit(std::uint64_t bytes_per_second, Timer& timer = steady_timer());
  RateLimit(const RateLimit&) = delete;
  RateLimit& operator=(const RateLimit&) = delete;

  /// A turn for `bytes`, at most 2^32 of them, behind all that was promised so far: the time from
  /// which they may be moved, which may be past. It cannot be given back.
  Timer::TimePoint reserve(std::uint64_t bytes);

  /// Blocks until it is the turn of `bytes`. Throws Error{kCancelled} when a stop is requested
  /// first.
  void pass(std::uint64_t bytes, const StopToken& stop);

  bool is_unlimited() const noexcept { return bytes_per_second_ == 0; }

  /// The time that turns are measured by.
  Timer& timer() const noexcept { return timer_; }

 private:
  const std::uint64_t bytes_per_second_;
  Timer& timer_;
  std::mutex mutex_;
  Timer::TimePoint free_at_;     ///< when all that was promised has moved at full rate
  std::uint64_t remainder_ = 0;  ///< of the division that led to free_at_, so that nothing is lost
};

/// One limit for each direction; null where there is none. Both outlive whoever is given them.
struct RateLimits {
  RateLimit* upload = nullptr;
  RateLimit* download = nullptr;
};

}  // namespace snapfs
