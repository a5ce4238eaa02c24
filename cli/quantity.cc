#include "cli/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

constexpr std::size_t kDateLength = 10;      // 2026-11-23
constexpr std::size_t kDateTimeLength = 19;  // 2026-11-23 02:53:54

[[noreturn]] void throw_bad_duration(std::string_view text) {
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no duration: write it like 90s, 5m or 1h30m", text));
}

/// `text` is the whole duration, for the message.
double nanoseconds_of_unit(std::string_view unit, std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {{{"ns", 1},
                                                                          {"us", 1e3},
                                                                          {"\u00b5s", 1e3},
                                                                          {"\u03bcs", 1e3},
                                                                          {"ms", 1e6},
                                                                          {"s", 1e9},
                                                                          {"m", 60e9},
                                                                          {"h", 3600e9}}};
  for (const auto& [name, nanoseconds] : kUnits) {
    if (name == unit) return nanoseconds;
  }
  throw_bad_duration(text);
}

}  // namespace

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.3f} {}", value, kUnits[unit]);
}

std::uint64_t parse_size(std::string_view text) {
  constexpr std::string_view kUnits = "bkmgt";
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::string_view digits = text;
  std::uint64_t unit = 1;
  if (!digits.empty()) {
    const char last = static_cast<char>(digits.back() | 0x20);  // lower case, for a letter
    const std::size_t power = kUnits.find(last);
    if (power != std::string_view::npos) {
      unit = std::uint64_t{1} << (10 * power);
      digits.remove_suffix(1);
    }
  }
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end || value > kMost / unit) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no size: write a number of bytes, or one with k, M, G or T "
                            "behind it, such as 100M",
                            text));
  }
  return value * unit;
}

std::string format_elapsed(std::chrono::seconds elapsed) {
  const auto total = elapsed.count();
  const auto hours = total / 3600;
  const auto minutes = total / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60);
  return fmt::format("{}:{:02}", minutes, total % 60);
}

std::string format_local_time(Timestamp time) {
  time.seconds += TimeZone::local().offset_at(time.seconds);
  time.nanoseconds = 0;
  std::string text = format_rfc3339({time, 0}).substr(0, kDateTimeLength);
  text[kDateLength] = ' ';
  return text;
}

std::chrono::nanoseconds parse_duration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) throw_bad_duration(text);
  // Go's range, 292 years; a double has the precision that anybody types.
  constexpr double kMost = 9.2e18;
  double total = 0;
  while (!rest.empty()) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    const bool is_number = rest.front() == '.' || (rest.front() >= '0' && rest.front() <= '9');
    if (error != std::errc{} || !is_number) throw_bad_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::size_t length = std::min(rest.find_first_of("0123456789."), rest.size());
    total += value * nanoseconds_of_unit(rest.substr(0, length), text);
    if (total > kMost) throw_bad_duration(text);
    rest.remove_prefix(length);
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(negative ? -total : total));
}

std::chrono::seconds parse_seconds(std::string_view text) {
  const std::chrono::nanoseconds duration = parse_duration(text);
  if (duration.count() < 0) throw_bad_duration(text);
  return std::chrono::ceil<std::chrono::seconds>(duration);
}

Timestamp parse_time(std::string_view text) {
  if (const auto zoned = parse_rfc3339(text)) return zoned->instant;
  if (text.size() == kDateTimeLength && text[kDateLength] == ' ') {
    std::string as_utc = std::string(text) + "Z";
    as_utc[kDateLength] = 'T';
    if (const auto parsed = parse_rfc3339(as_utc)) {
      const std::int64_t clock = parsed->instant.seconds;
      const TimeZone& zone = TimeZone::local();
      // The first guess can be on the wrong side of a change of the clocks; the second is not.
      const std::int64_t guess = clock - zone.offset_at(clock);
      return {clock - zone.offset_at(guess), 0};
    }
  }
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no time: write it like \"2026-01-31 12:30:00\" or "
                          "2026-01-31T12:30:00+01:00",
                          text));
}

}  // namespace snapfs
