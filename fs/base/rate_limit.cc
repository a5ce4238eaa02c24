// Bytes that may be moved at once go on the line one after the other: `free_at_` is when the last
// of them will have passed. An idle line falls behind the clock, by kBurst at most. This is a token
// bucket of which only the time of the next token is kept.
#include "fs/base/rate_limit.h"

#include <algorithm>

#include "fs/base/error.h"

namespace snapfs {

using std::chrono::nanoseconds;

RateLimit::RateLimit(std::uint64_t bytes_per_second, Timer& timer)
    : bytes_per_second_(bytes_per_second), timer_(timer), free_at_(timer.now()) {}

Timer::TimePoint RateLimit::reserve(std::uint64_t bytes) {
  const Timer::TimePoint now = timer_.now();
  if (is_unlimited()) return now;
  const std::lock_guard lock(mutex_);
  if (free_at_ < now - kBurst) {
    free_at_ = now - kBurst;
    remainder_ = 0;
  }
  const Timer::TimePoint turn = free_at_;
  constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
  const std::uint64_t work = bytes * kNanosecondsPerSecond + remainder_;
  free_at_ += nanoseconds(work / bytes_per_second_);
  remainder_ = work % bytes_per_second_;
  return turn;
}

void RateLimit::pass(std::uint64_t bytes, const StopToken& stop) {
  if (!timer_.wait_until(reserve(bytes), stop)) throw cancelled_error();
}

}  // namespace snapfs
