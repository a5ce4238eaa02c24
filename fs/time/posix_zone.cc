// Parsing and evaluating the rules. Where POSIX leaves room, this does what Go's time package does,
// because that is what the reference program's trees show.
#include "fs/time/posix_zone.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

constexpr int kSecondsPerHour = 3600;
constexpr std::string_view kDefaultChanges = ",M3.2.0,M11.1.0";

/// Consumes a rule from the left. Every function returns false at the first thing amiss.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  bool at_end() const noexcept { return text_.empty(); }
  bool at_changes() const noexcept { return text_.empty() || text_.front() == ','; }
  void restart(std::string_view text) noexcept { text_ = text; }

  bool skip(char wanted) noexcept {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool name() noexcept {
    if (skip('<')) {
      const std::size_t end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    const std::size_t length = std::min(text_.find_first_of("0123456789,-+"), text_.size());
    if (length < 3) return false;
    text_.remove_prefix(length);
    return true;
  }

  bool number(int smallest, int largest, int& out) noexcept {
    if (text_.empty() || text_.front() < '0' || text_.front() > '9') return false;
    int value = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1)) {
      value = value * 10 + (text_.front() - '0');
      if (value > largest) return false;
    }
    out = value;
    return value >= smallest;
  }

  /// [+-]hh[:mm[:ss]]; hours up to a week, as zone files have them.
  bool clock(std::int64_t& out) noexcept {
    const bool negative = skip('-');
    if (!negative) skip('+');
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(0, 24 * 7, hours)) return false;
    if (skip(':')) {
      if (!number(0, 59, minutes)) return false;
      if (skip(':') && !number(0, 59, seconds)) return false;
    }
    const std::int64_t value = hours * kSecondsPerHour + minutes * 60 + seconds;
    out = negative ? -value : value;
    return true;
  }

  bool change(PosixZoneChange& out) noexcept {
    if (!change_day(out)) return false;
    out.seconds = std::int64_t{2} * kSecondsPerHour;
    return !skip('/') || clock(out.seconds);
  }

 private:
  bool change_day(PosixZoneChange& out) noexcept {
    if (skip('J')) {
      out.kind = PosixZoneChange::Kind::kJulian;
      return number(1, 365, out.day);
    }
    if (skip('M')) {
      out.kind = PosixZoneChange::Kind::kMonthWeekWeekday;
      return number(1, 12, out.month) && skip('.') && number(1, 5, out.week) && skip('.') &&
             number(0, 6, out.day);
    }
    out.kind = PosixZoneChange::Kind::kDayOfYear;
    return number(0, 365, out.day);
  }

  std::string_view text_;
};

}  // namespace

std::int64_t PosixZoneChange::second_of_year(std::int64_t year) const noexcept {
  std::int64_t days = day;
  if (kind == Kind::kJulian) {
    days = day - 1 + (is_leap_year(year) && day >= 60 ? 1 : 0);
  } else if (kind == Kind::kMonthWeekWeekday) {
    const auto number = static_cast<unsigned>(month);
    const std::int64_t first = days_from_civil({year, number, 1});
    const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    std::int64_t day_of_month = (day - weekday + 7) % 7;     // of the first such weekday, from 0
    for (int i = 1; i < week && day_of_month + 7 < days_in_month(year, number); ++i) {
      day_of_month += 7;
    }
    days = first + day_of_month - days_from_civil({year, 1, 1});
  }
  return days * kSecondsPerDay + seconds;
}

std::optional<PosixZone> PosixZone::parse(std::string_view text) {
  RuleReader reader(text);
  PosixZone zone;
  // The rule counts from local time to UTC, offsets count the other way.
  std::int64_t offset = 0;
  if (!reader.name() || !reader.clock(offset)) return std::nullopt;
  zone.standard_offset_ = static_cast<std::int32_t>(-offset);
  if (reader.at_changes()) return zone;

  zone.has_summer_ = true;
  if (!reader.name()) return std::nullopt;
  offset -= kSecondsPerHour;
  if (!reader.at_changes() && !reader.clock(offset)) return std::nullopt;
  zone.summer_offset_ = static_cast<std::int32_t>(-offset);
  if (reader.at_end()) reader.restart(kDefaultChanges);
  const bool complete = reader.skip(',') && reader.change(zone.summer_begins_) &&
                        reader.skip(',') && reader.change(zone.summer_ends_) && reader.at_end();
  return complete ? std::optional(zone) : std::nullopt;
}

std::int32_t PosixZone::offset_at(std::int64_t seconds) const noexcept {
  if (!has_summer_) return standard_offset_;
  const std::int64_t day = day_of_second(seconds);
  const std::int64_t year = civil_from_days(day).year;
  // The first and the last year begin or end outside of 64 bits: nothing is counted from there.
  const std::int64_t second_of_day = (seconds % kSecondsPerDay + kSecondsPerDay) % kSecondsPerDay;
  const std::int64_t second =
      (day - days_from_civil({year, 1, 1})) * kSecondsPerDay + second_of_day;
  std::int64_t begin = summer_begins_.second_of_year(year) - standard_offset_;
  std::int64_t end = summer_ends_.second_of_year(year) - summer_offset_;
  std::int32_t inside = summer_offset_;
  std::int32_t outside = standard_offset_;
  if (end < begin) {  // south of the equator
    std::swap(begin, end);
    std::swap(inside, outside);
  }
  return second >= begin && second < end ? inside : outside;
}

}  // namespace snapfs
