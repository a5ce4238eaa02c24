#include "fs/time/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

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

std::string format_elapsed(std::chrono::seconds elapsed) {
  const auto total = elapsed.count();
  const auto hours = total / 3600;
  const auto minutes = total / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60);
  return fmt::format("{}:{:02}", minutes, total % 60);
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

}  // namespace snapfs
