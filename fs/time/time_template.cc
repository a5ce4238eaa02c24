// Go's layouts: cut into tokens once, filled in for each time.
#include "fs/time/time_template.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "fs/base/error.h"
#include "fs/time/civil_date.h"

namespace snapfs {

namespace {

enum Token : int {
  kLiteral,
  kLongMonth,
  kMonth,
  kNumMonth,
  kZeroMonth,
  kLongWeekday,
  kWeekday,
  kDay,
  kUnderDay,
  kZeroDay,
  kUnderYearDay,
  kZeroYearDay,
  kHour,
  kHour12,
  kZeroHour12,
  kMinute,
  kZeroMinute,
  kSecond,
  kZeroSecond,
  kLongYear,
  kYear,
  kUpperHalf,
  kLowerHalf,
  kZoneName,
  kOffset,      // -07…
  kOffsetOrZ,   // Z07…
  kFraction,    // .000
  kFractionCut  // .999
};

struct Spelling {
  std::string_view text;
  Token token;
  bool not_before_lower_case = false;  ///< "Jan" in "January" is another token, in "Jane" none
};

/// Longer spellings come before their beginnings.
constexpr std::array kSpellings = std::to_array<Spelling>({
    {"January", kLongMonth}, {"Jan", kMonth, true},   {"Monday", kLongWeekday},
    {"Mon", kWeekday, true}, {"MST", kZoneName},      {"2006", kLongYear},
    {"002", kZeroYearDay},   {"01", kZeroMonth},      {"02", kZeroDay},
    {"03", kZeroHour12},     {"04", kZeroMinute},     {"05", kZeroSecond},
    {"06", kYear},           {"15", kHour},           {"__2", kUnderYearDay},
    {"_2", kUnderDay},       {"1", kNumMonth},        {"2", kDay},
    {"3", kHour12},          {"4", kMinute},          {"5", kSecond},
    {"PM", kUpperHalf},      {"pm", kLowerHalf},      {"-070000", kOffset},
    {"-07:00:00", kOffset},  {"-0700", kOffset},      {"-07:00", kOffset},
    {"-07", kOffset},        {"Z070000", kOffsetOrZ}, {"Z07:00:00", kOffsetOrZ},
    {"Z0700", kOffsetOrZ},   {"Z07:00", kOffsetOrZ},  {"Z07", kOffsetOrZ},
});

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

struct Match {
  Token token = kLiteral;
  std::size_t length = 0;
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// ".000" or ",999" that no other digit follows.
Match match_fraction(std::string_view text) {
  if (text.size() < 2 || (text[0] != '.' && text[0] != ',')) return {};
  if (text[1] != '0' && text[1] != '9') return {};
  const std::size_t end = std::min(text.find_first_not_of(text[1], 1), text.size());
  if (end < text.size() && is_digit(text[end])) return {};
  return {text[1] == '0' ? kFraction : kFractionCut, end};
}

/// What the text begins with.
Match match(std::string_view text) {
  if (text.starts_with("_2006")) return {};  // an underscore, then the year
  for (const Spelling& spelling : kSpellings) {
    if (!text.starts_with(spelling.text)) continue;
    const std::string_view rest = text.substr(spelling.text.size());
    const bool lower_follows = !rest.empty() && rest[0] >= 'a' && rest[0] <= 'z';
    if (spelling.not_before_lower_case && lower_follows) continue;
    return {spelling.token, spelling.text.size()};
  }
  return match_fraction(text);
}

[[noreturn]] void refuse(std::string_view layout, std::string_view why) {
  throw Error(ErrorCode::kUsage, "the time template \"" + std::string(layout) + "\" " +
                                     std::string(why) + ", as in 2006-01-02_15-04-05");
}

void check(std::string_view layout) {
  if (layout.starts_with('/') || layout.ends_with('/')) {
    refuse(layout, "begins or ends with a slash: write the moment \"Jan 2 15:04:05 2006\" in it");
  }
  for (std::size_t i = 0; i + 1 < layout.size(); ++i) {
    const char next = static_cast<char>(layout[i + 1] | 0x20);
    if (layout[i] != '%' || next < 'a' || next > 'z') continue;
    refuse(layout, "has " + std::string(layout.substr(i, 2)) +
                       ", which is not understood: write the moment \"Jan 2 15:04:05 2006\" in it");
  }
}

void number(std::string& out, std::int64_t value, std::size_t width, char fill = '0') {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), fill);
  out += digits;
}

/// `pattern` is such as "-07:00".
void offset(std::string& out, std::int32_t seconds, std::string_view pattern) {
  const bool colon = pattern.find(':') != pattern.npos;
  const auto digits = std::ranges::count_if(pattern, is_digit);
  const std::int32_t size = std::abs(seconds);
  out += seconds < 0 ? '-' : '+';
  number(out, size / 3600, 2);
  if (digits >= 4) {
    if (colon) out += ':';
    number(out, size / 60 % 60, 2);
  }
  if (digits >= 6) {
    if (colon) out += ':';
    number(out, size % 60, 2);
  }
}

void fraction(std::string& out, std::int32_t nanoseconds, std::string_view pattern, bool cut) {
  std::string digits;
  number(digits, nanoseconds, 9);
  digits.resize(pattern.size() - 1, '0');
  if (cut) digits.erase(std::min(digits.find_last_not_of('0') + 1, digits.size()));
  if (digits.empty()) return;
  out += pattern[0];
  out += digits;
}

/// A time taken apart, by the clock of its zone.
struct Fields {
  explicit Fields(const ZonedTime& time) {
    const std::int64_t local = time.instant.seconds + time.offset_seconds;
    const std::int64_t days = day_of_second(local);
    date = civil_from_days(days);
    second_of_day = static_cast<int>(local - days * kSecondsPerDay);
    weekday = static_cast<std::size_t>(((days + 4) % 7 + 7) % 7);
    year_day = static_cast<int>(days - days_from_civil({date.year, 1, 1})) + 1;
  }

  int hour() const noexcept { return second_of_day / 3600; }
  int hour12() const noexcept { return hour() % 12 == 0 ? 12 : hour() % 12; }
  int minute() const noexcept { return second_of_day / 60 % 60; }
  int second() const noexcept { return second_of_day % 60; }

  CivilDate date;
  int second_of_day = 0;
  std::size_t weekday = 0;
  int year_day = 0;
};

/// True when it was one of these.
bool append_date(std::string& out, int token, const Fields& time) {
  const std::string_view month = kMonths[time.date.month - 1];
  const std::string_view weekday = kWeekdays[time.weekday];
  switch (token) {
    case kLongMonth:
      return out += month, true;
    case kMonth:
      return out += month.substr(0, 3), true;
    case kNumMonth:
      return number(out, time.date.month, 1), true;
    case kZeroMonth:
      return number(out, time.date.month, 2), true;
    case kLongWeekday:
      return out += weekday, true;
    case kWeekday:
      return out += weekday.substr(0, 3), true;
    case kDay:
      return number(out, time.date.day, 1), true;
    case kUnderDay:
      return number(out, time.date.day, 2, ' '), true;
    case kZeroDay:
      return number(out, time.date.day, 2), true;
    case kUnderYearDay:
      return number(out, time.year_day, 3, ' '), true;
    case kZeroYearDay:
      return number(out, time.year_day, 3), true;
    case kLongYear:
      return number(out, time.date.year, 4), true;
    case kYear:
      return number(out, time.date.year % 100, 2), true;
    default:
      return false;
  }
}

/// True when it was one of these.
bool append_clock(std::string& out, int token, const Fields& time) {
  switch (token) {
    case kHour:
      return number(out, time.hour(), 2), true;
    case kHour12:
      return number(out, time.hour12(), 1), true;
    case kZeroHour12:
      return number(out, time.hour12(), 2), true;
    case kMinute:
      return number(out, time.minute(), 1), true;
    case kZeroMinute:
      return number(out, time.minute(), 2), true;
    case kSecond:
      return number(out, time.second(), 1), true;
    case kZeroSecond:
      return number(out, time.second(), 2), true;
    case kUpperHalf:
      return out += time.hour() < 12 ? "AM" : "PM", true;
    case kLowerHalf:
      return out += time.hour() < 12 ? "am" : "pm", true;
    default:
      return false;
  }
}

void append_zone(std::string& out, int token, const ZonedTime& time, std::string_view pattern) {
  const bool utc = time.offset_seconds == 0;
  switch (token) {
    case kZoneName:
      return utc ? void(out += "UTC") : offset(out, time.offset_seconds, "-0700");
    case kOffsetOrZ:
      return utc ? void(out += 'Z') : offset(out, time.offset_seconds, pattern);
    case kOffset:
      return offset(out, time.offset_seconds, pattern);
    default:
      return fraction(out, time.instant.nanoseconds, pattern, token == kFractionCut);
  }
}

}  // namespace

TimeTemplate::TimeTemplate(std::string_view layout) {
  check(layout);
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) pieces_.push_back({kLiteral, std::move(literal)});
    literal.clear();
  };
  bool shows_time = false;
  for (std::size_t i = 0; i < layout.size();) {
    const Match found = match(layout.substr(i));
    if (found.token == kLiteral) {
      literal += layout[i++];
      continue;
    }
    end_literal();
    pieces_.push_back({found.token, std::string(layout.substr(i, found.length))});
    shows_time |= found.token != kFractionCut;  // which shows nothing of a whole second
    i += found.length;
  }
  end_literal();
  if (!shows_time) {
    refuse(layout, "shows nothing of the time: write the moment \"Jan 2 15:04:05 2006\" in it");
  }
}

std::string TimeTemplate::format(const ZonedTime& time) const {
  std::string out;
  const Fields fields(time);
  for (const Piece& piece : pieces_) {
    if (piece.token == kLiteral) {
      out += piece.text;
    } else if (!append_date(out, piece.token, fields) && !append_clock(out, piece.token, fields)) {
      append_zone(out, piece.token, time, piece.text);
    }
  }
  return out;
}

}  // namespace snapfs
