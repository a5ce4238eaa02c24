// The bytes of one request that wait for their turn under a rate limit.
#pragma once

#include <algorithm>
#include <cstddef>

#include "fs/base/rate_limit.h"

namespace snapfs {

/// One direction of a request. Not thread-safe.
class PacedDirection {
 public:
  /// Without a limit everything may move at once; otherwise it must outlive this.
  explicit PacedDirection(RateLimit* limit)
      : limit_(limit != nullptr && !limit->is_unlimited() ? limit : nullptr) {}

  bool is_paced() const noexcept { return limit_ != nullptr; }

  /// Whether `bytes` may move now, which they do then. Otherwise they are to be asked for again
  /// when is_due(): their turn is kept.
  bool may_move(std::size_t bytes, Timer::TimePoint now) {
    if (limit_ == nullptr) return true;
    if (reserved_ < bytes) {
      ready_at_ = limit_->reserve(bytes - reserved_);
      reserved_ = bytes;
    }
    waits_ = ready_at_ > now;
    if (!waits_) reserved_ -= bytes;
    return !waits_;
  }

  bool waits() const noexcept { return waits_; }
  bool is_due(Timer::TimePoint now) const noexcept { return waits_ && ready_at_ <= now; }

  /// To be called when they are due: they are about to be asked for again.
  void go_on() noexcept { waits_ = false; }

  /// When the bytes that wait may move.
  Timer::TimePoint ready_at() const noexcept { return ready_at_; }

 private:
  RateLimit* limit_;
  std::size_t reserved_ = 0;
  Timer::TimePoint ready_at_ = Timer::TimePoint::min();
  bool waits_ = false;
};

}  // namespace snapfs
