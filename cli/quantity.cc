#include "cli/quantity.h"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/rfc3339.h"
#include "fs/base/timezone.h"

namespace snapfs {
namespace {

constexpr std::size_t kDateLength = 10;      // 2026-11-23
constexpr std::size_t kDateTimeLength = 19;  // 2026-11-23 02:53:54

[[noreturn]] void throw_bad_duration(std::string_view text) {
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no duration: write it like 90s, 5m or 1h30m", text));
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

std::chrono::seconds parse_duration(std::string_view text) {
  constexpr std::array<std::pair<char, std::int64_t>, 3> kUnits = {
      {{'h', 3600}, {'m', 60}, {'s', 1}}};
  constexpr std::int64_t kMost = std::int64_t{10} * 365 * 24 * 3600;
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  std::string_view rest = text;
  if (rest.empty()) throw_bad_duration(text);
  while (!rest.empty()) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{} || value < 0 || value > kMost) throw_bad_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) throw_bad_duration(text);
    while (next_unit < kUnits.size() && kUnits[next_unit].first != rest.front()) ++next_unit;
    if (next_unit == kUnits.size()) throw_bad_duration(text);
    total += value * kUnits[next_unit++].second;
    rest.remove_prefix(1);
  }
  return std::chrono::seconds(total);
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
