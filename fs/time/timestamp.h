// Points in time with nanoseconds, as files and snapshots carry them.
#pragma once

#include <time.h>

#include <compare>
#include <cstdint>

namespace snapfs {

/// An instant. `nanoseconds` is in [0, 999 999 999] and counts forward from `seconds`, so half a
/// second before the epoch is {-1, 500 000 000}, as in a struct timespec.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;

  static Timestamp from(const timespec& time) noexcept {
    return {time.tv_sec, static_cast<std::int32_t>(time.tv_nsec)};
  }
  timespec to_timespec() const noexcept { return {seconds, nanoseconds}; }

  friend auto operator<=>(const Timestamp&, const Timestamp&) noexcept = default;
};

/// An instant together with the offset from UTC it was written with. Compare the instants.
struct ZonedTime {
  Timestamp instant;
  std::int32_t offset_seconds = 0;  ///< east of Greenwich is positive

  friend bool operator==(const ZonedTime&, const ZonedTime&) noexcept = default;
};

}  // namespace snapfs
