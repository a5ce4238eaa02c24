#include "fs/time/time_expression.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "fs/time/civil_date.h"

namespace snapfs {

namespace {

constexpr std::int32_t kLastNanosecond = 999'999'999;
constexpr std::int64_t kMaxYear = 9999;

/// A date and a time of day on somebody's clock, as seconds since that clock showed the epoch.
using LocalSeconds = std::int64_t;

LocalSeconds start_of(const CivilDate& date) noexcept {
  return days_from_civil(date) * kSecondsPerDay;
}

/// Of a time that the clock shows twice the later instant, of one that it skips about the change.
std::int64_t to_instant(LocalSeconds local, const TimeZone& zone) noexcept {
  const std::int64_t earlier = local - zone.offset_at(local - kSecondsPerDay);
  const std::int64_t later = local - zone.offset_at(local + kSecondsPerDay);
  for (const std::int64_t candidate : {std::max(earlier, later), std::min(earlier, later)}) {
    if (candidate + zone.offset_at(candidate) == local) return candidate;
  }
  return std::max(earlier, later);
}

CivilDate plus_months(CivilDate date, std::int64_t months) noexcept {
  const std::int64_t index = date.year * 12 + (date.month - 1) + months;
  date.year = index >= 0 ? index / 12 : (index - 11) / 12;
  date.month = static_cast<unsigned>(index - date.year * 12) + 1;
  date.day = std::min(date.day, days_in_month(date.year, date.month));
  return date;
}

/// Takes a text apart from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const noexcept { return text_.empty(); }
  char next() const noexcept { return text_.empty() ? '\0' : text_.front(); }

  bool skip(std::string_view wanted) noexcept {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }

  /// Between `least` and `most` digits.
  std::optional<std::int64_t> number(std::size_t least, std::size_t most) noexcept {
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; digits < most && next() >= '0' && next() <= '9'; ++digits) {
      value = value * 10 + (next() - '0');
      text_.remove_prefix(1);
    }
    return digits >= least ? std::optional(value) : std::nullopt;
  }

  /// Two digits within limits.
  std::optional<std::int64_t> field(std::int64_t low, std::int64_t high) noexcept {
    const auto value = number(2, 2);
    return value && *value >= low && *value <= high ? value : std::nullopt;
  }

 private:
  std::string_view text_;
};

/// A stretch of local time: from its first second to the one after its last.
struct Stretch {
  LocalSeconds begin = 0;
  LocalSeconds end = 0;
  std::int32_t last_nanosecond = kLastNanosecond;  ///< of the last second
};

std::optional<Stretch> scan_date(Scanner& text) {
  CivilDate date;
  const auto year = text.number(4, 4);
  if (!year) return std::nullopt;
  date.year = *year;
  if (text.done()) return Stretch{start_of(date), start_of({date.year + 1, 1, 1})};
  if (!text.skip("-")) return std::nullopt;
  const auto month = text.field(1, 12);
  if (!month) return std::nullopt;
  date.month = static_cast<unsigned>(*month);
  if (text.done()) return Stretch{start_of(date), start_of(plus_months(date, 1))};
  if (!text.skip("-")) return std::nullopt;
  const auto day = text.field(1, days_in_month(date.year, date.month));
  if (!day) return std::nullopt;
  date.day = static_cast<unsigned>(*day);
  return Stretch{start_of(date), start_of(date) + kSecondsPerDay};
}

/// Digits after the point; more than nine are cut.
std::optional<std::int32_t> scan_fraction(Scanner& text) {
  std::int32_t value = 0;
  int digits = 0;
  for (; text.next() >= '0' && text.next() <= '9'; ++digits) {
    const auto digit = static_cast<std::int32_t>(*text.number(1, 1));
    if (digits < 9) value = value * 10 + digit;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

/// HH[:MM[:SS[.fraction]]] or the same with hyphens, on the day that begins at `midnight`.
std::optional<Stretch> scan_clock(Scanner& text, LocalSeconds midnight) {
  const auto hour = text.field(0, 23);
  if (!hour) return std::nullopt;
  Stretch result{midnight + *hour * 3600, midnight + *hour * 3600 + 3600};
  const std::string_view separator = text.next() == ':' ? ":" : "-";
  if (!text.skip(separator)) return result;
  const auto minute = text.field(0, 59);
  if (!minute) return std::nullopt;
  result.begin += *minute * 60;
  result.end = result.begin + 60;
  if (!text.skip(separator)) return result;
  const auto second = text.field(0, 60);
  if (!second) return std::nullopt;
  result.begin += std::min<std::int64_t>(*second, 59);  // a leap second is the one before
  result.end = result.begin + 1;
  if (!text.skip(".") && !text.skip(",")) return result;
  const auto fraction = scan_fraction(text);
  if (!fraction) return std::nullopt;
  result.last_nanosecond = *fraction;
  return result;
}

/// Z, ±HH:MM or ±HHMM.
std::optional<std::int32_t> scan_zone(Scanner& text) {
  if (text.skip("Z")) return 0;
  const int sign = text.next() == '-' ? -1 : 1;
  if (!text.skip("+") && !text.skip("-")) return std::nullopt;
  const auto hours = text.field(0, 23);
  text.skip(":");
  const auto minutes = text.field(0, 59);
  if (!hours || !minutes) return std::nullopt;
  return static_cast<std::int32_t>(sign * (*hours * 3600 + *minutes * 60));
}

std::optional<Timestamp> parse_date(std::string_view text, const TimeZone& zone) {
  Scanner scanner(text);
  std::optional<Stretch> stretch = scan_date(scanner);
  if (!stretch) return std::nullopt;
  if (!scanner.done()) {
    if (!scanner.skip("T") && !scanner.skip("t") && !scanner.skip(" ")) return std::nullopt;
    stretch = scan_clock(scanner, stretch->begin);
    if (!stretch) return std::nullopt;
  }
  const LocalSeconds last = stretch->end - 1;
  if (scanner.done()) return Timestamp{to_instant(last, zone), stretch->last_nanosecond};
  const auto offset = scan_zone(scanner);
  if (!offset || !scanner.done()) return std::nullopt;
  return Timestamp{last - *offset, stretch->last_nanosecond};
}

std::optional<Timestamp> parse_span(std::string_view text, Timestamp now, const TimeZone& zone) {
  if (text.ends_with("-ago")) text.remove_suffix(4);
  Scanner scanner(text);
  std::int64_t seconds = 0, days = 0, months = 0;
  if (scanner.done()) return std::nullopt;
  while (!scanner.done()) {
    const auto count = scanner.number(1, 7);
    if (!count) return std::nullopt;
    if (scanner.skip("min")) {
      seconds += *count * 60;
    } else if (scanner.skip("s")) {
      seconds += *count;
    } else if (scanner.skip("h")) {
      seconds += *count * 3600;
    } else if (scanner.skip("d")) {
      days += *count;
    } else if (scanner.skip("w")) {
      days += *count * 7;
    } else if (scanner.skip("m")) {
      months += *count;
    } else if (scanner.skip("y")) {
      months += *count * 12;
    } else {
      return std::nullopt;
    }
  }
  if (days != 0 || months != 0) {
    const LocalSeconds local = now.seconds + zone.offset_at(now.seconds);
    const std::int64_t day = day_of_second(local);
    const CivilDate date = plus_months(civil_from_days(day), -months);
    if (date.year < -kMaxYear) return std::nullopt;
    const LocalSeconds then = start_of(date) - days * kSecondsPerDay + local - day * kSecondsPerDay;
    now.seconds = to_instant(then, zone);
  }
  now.seconds -= seconds;
  return now;
}

/// The last moment of the day that lies so many days after today's.
Timestamp end_of_day(Timestamp now, std::int64_t days, const TimeZone& zone) {
  const std::int64_t today = day_of_second(now.seconds + zone.offset_at(now.seconds));
  return {to_instant((today + days + 1) * kSecondsPerDay - 1, zone), kLastNanosecond};
}

}  // namespace

std::optional<Timestamp> parse_time_expression(std::string_view text, Timestamp now,
                                               const TimeZone& zone) {
  if (text == "now") return now;
  if (text == "today") return end_of_day(now, 0, zone);
  if (text == "yesterday") return end_of_day(now, -1, zone);
  if (const auto date = parse_date(text, zone)) return date;
  return parse_span(text, now, zone);
}

}  // namespace snapfs
