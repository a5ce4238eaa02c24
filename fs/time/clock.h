// Where the time comes from: the system, or a test.
#pragma once

#include "fs/time/timestamp.h"

namespace snapfs {

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Wall-clock time; may jump, and goes on while the machine sleeps.
  virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return Timestamp::from(time);
  }
};

}  // namespace snapfs
