// Spans of time in years, months, days and hours ("1y5m7d2h"), as retention policies name them. How
// long one is in seconds depends on the date that it is counted back from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fs/time/timestamp.h"

namespace snapfs {

class TimeZone;

struct CalendarDuration {
  std::int64_t years = 0;
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t hours = 0;

  /// Numbers with the units y, m, d, h in any order; of a unit given twice the last counts. Empty
  /// text is no time at all. Throws Error{kUsage}, for negative numbers, too.
  static CalendarDuration parse(std::string_view text);

  bool is_zero() const noexcept { return *this == CalendarDuration{}; }

  /// "1y5m7d2h", without the units that are zero.
  std::string text() const;

  friend bool operator==(const CalendarDuration&, const CalendarDuration&) noexcept = default;
};

/// The instant that lies `duration` before `time` (FORMAT §14): years, months and days by the
/// calendar and the clock on the wall, with a day that the month does not have counted on into the
/// next one (31 March - 1m = 3 March), then the hours. The calendar is the one of `local` when its
/// offset is the one that `time` was written with, and else has that offset all year round.
Timestamp before(const ZonedTime& time, const CalendarDuration& duration, const TimeZone& local);

}  // namespace snapfs
