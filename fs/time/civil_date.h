// Dates of the proleptic Gregorian calendar and the day numbers they stand for. Nothing here knows
// about time zones. Both conversions: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
#pragma once

#include <cstdint>

namespace snapfs {

inline constexpr std::int64_t kSecondsPerDay = 86400;

struct CivilDate {
  std::int64_t year = 1970;
  unsigned month = 1;  ///< 1…12
  unsigned day = 1;    ///< 1…31

  friend bool operator==(const CivilDate&, const CivilDate&) noexcept = default;
};

/// The day, counted from 1970-01-01, in which a second since the epoch lies; rounds down.
constexpr std::int64_t day_of_second(std::int64_t seconds) noexcept {
  return seconds / kSecondsPerDay - (seconds % kSecondsPerDay < 0 ? 1 : 0);
}

constexpr bool is_leap_year(std::int64_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/// The number of days of a month, 1…12.
constexpr unsigned days_in_month(std::int64_t year, unsigned month) noexcept {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// The date of a day counted from 1970-01-01.
constexpr CivilDate civil_from_days(std::int64_t days) noexcept {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

/// The day, counted from 1970-01-01, of a date.
constexpr std::int64_t days_from_civil(CivilDate date) noexcept {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const unsigned day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

/// Moves a date into the years 0…9999, keeping month and day; 29 February becomes 1 March in a
/// year that has none (FORMAT §10.4).
constexpr CivilDate clamp_year(CivilDate date) noexcept {
  if (date.year >= 0 && date.year <= 9999) return date;
  date.year = date.year < 0 ? 0 : 9999;
  if (date.month == 2 && date.day == 29 && !is_leap_year(date.year)) return {date.year, 3, 1};
  return date;
}

}  // namespace snapfs
