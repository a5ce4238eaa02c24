// The time that waiting is measured by, which never jumps: the system's, or a test's.
#pragma once

#include <chrono>

#include "fs/base/stop_token.h"

namespace snapfs {

/// Thread-safe.
class Timer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Timer() = default;

  virtual TimePoint now() const = 0;

  /// Blocks until that time, or until a stop is requested: false then.
  virtual bool wait_until(TimePoint time, const StopToken& stop) = 0;

  bool wait_for(std::chrono::milliseconds duration, const StopToken& stop) {
    return wait_until(now() + duration, stop);
  }

  /// The same; throws Error{kCancelled} once a stop was requested.
  void require_wait(std::chrono::milliseconds duration, const StopToken& stop) {
    if (!wait_for(duration, stop)) throw cancelled_error();
  }
};

/// The system's. It may stand still while the machine sleeps.
Timer& steady_timer();

}  // namespace snapfs
