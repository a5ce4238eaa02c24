// The rule at the end of a time zone file, such as "CET-1CEST,M3.5.0,M10.5.0/3", which says how the
// zone goes on after the file's last transition (RFC 8536 §3.3, POSIX.1 §8.3). It is never taken
// from the environment: TZ names files only (FORMAT §10.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace snapfs {

/// When in a year the offset changes.
struct PosixZoneChange {
  enum class Kind : std::uint8_t {
    kJulian,           ///< day 1…365, 29 February is never counted
    kDayOfYear,        ///< day 0…365, 29 February is counted
    kMonthWeekWeekday  ///< weekday 0…6 of week 1…5 of month; week 5 is the last one
  };
  Kind kind = Kind::kJulian;
  int day = 0;
  int week = 0;
  int month = 0;
  std::int64_t seconds = 0;  ///< on the clock that is in force before the change, after midnight

  /// Seconds from the year's first midnight to the change, by the clock in force before it.
  std::int64_t second_of_year(std::int64_t year) const noexcept;
};

/// A value.
class PosixZone {
 public:
  /// Nothing when the text is not such a rule.
  static std::optional<PosixZone> parse(std::string_view text);

  /// Seconds east of Greenwich at an instant, in seconds since the epoch.
  std::int32_t offset_at(std::int64_t seconds) const noexcept;

 private:
  std::int32_t standard_offset_ = 0;
  std::int32_t summer_offset_ = 0;
  bool has_summer_ = false;
  PosixZoneChange summer_begins_;
  PosixZoneChange summer_ends_;
};

}  // namespace snapfs
