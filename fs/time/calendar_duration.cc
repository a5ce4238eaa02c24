#include "fs/time/calendar_duration.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/utf8.h"
#include "fs/time/civil_date.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

/// So that no sum of them overflows.
constexpr std::int64_t kMaxNumber = 1'000'000'000;

constexpr std::array<std::pair<char, std::int64_t CalendarDuration::*>, 4> kUnits = {
    {{'y', &CalendarDuration::years},
     {'m', &CalendarDuration::months},
     {'d', &CalendarDuration::days},
     {'h', &CalendarDuration::hours}}};

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no duration: {}; give years, months, days and hours such as "
                          "1y5m7d2h",
                          text, why));
}

std::int64_t CalendarDuration::*member_of(std::string_view text, char unit) {
  for (const auto& [letter, member] : kUnits) {
    if (letter == unit) return member;
  }
  refuse(text, fmt::format("there is no unit '{}'", unit));
}

/// The date that many months later, which may have a day that its month does not.
std::int64_t day_of(std::int64_t year, std::int64_t month_from_zero, std::int64_t day) {
  year += month_from_zero / 12;
  month_from_zero %= 12;
  if (month_from_zero < 0) {
    month_from_zero += 12;
    --year;
  }
  const CivilDate first{year, static_cast<unsigned>(month_from_zero) + 1, 1};
  return days_from_civil(first) + day - 1;
}

/// The instant at which the clock on the wall shows `wall`, seconds as if it were UTC. A time that
/// a change of the clock skips or repeats is taken as the reference takes it: with the offset that
/// is in force at the instant found first.
std::int64_t instant_of_wall(std::int64_t wall, const TimeZone& zone) {
  const std::int32_t guess = zone.offset_at(wall);
  if (guess == 0) return wall;
  return wall - zone.offset_at(wall - guess);
}

}  // namespace

CalendarDuration CalendarDuration::parse(std::string_view text) {
  CalendarDuration duration;
  std::string_view rest = trim_white_space(text);
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error == std::errc::result_out_of_range || number > kMaxNumber) {
      refuse(text, "it is too long");
    }
    if (error != std::errc{}) refuse(text, "a number is missing");
    if (rest.front() == '-') refuse(text, "it is negative");
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) refuse(text, fmt::format("there is no unit behind {}", number));
    duration.*member_of(text, rest.front()) = number;
    rest.remove_prefix(1);
  }
  return duration;
}

std::string CalendarDuration::text() const {
  std::string out;
  for (const auto& [letter, member] : kUnits) {
    if (this->*member != 0) out += fmt::format("{}{}", this->*member, letter);
  }
  return out;
}

Timestamp before(const ZonedTime& time, const CalendarDuration& duration, const TimeZone& local) {
  // Times that were written with "Z" are in UTC, whatever the local zone makes of that instant.
  const bool is_local =
      time.offset_seconds != 0 && local.offset_at(time.instant.seconds) == time.offset_seconds;
  const std::int64_t wall = time.instant.seconds + time.offset_seconds;
  const std::int64_t day = day_of_second(wall);
  const CivilDate date = civil_from_days(day);
  const std::int64_t then = day_of(date.year - duration.years,
                                   static_cast<std::int64_t>(date.month) - 1 - duration.months,
                                   static_cast<std::int64_t>(date.day) - duration.days);
  const std::int64_t wall_then = then * kSecondsPerDay + (wall - day * kSecondsPerDay);
  const std::int64_t instant =
      is_local ? instant_of_wall(wall_then, local) : wall_then - time.offset_seconds;
  return {instant - duration.hours * 3600, time.instant.nanoseconds};
}

}  // namespace snapfs
