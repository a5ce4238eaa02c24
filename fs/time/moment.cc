#include "fs/time/moment.h"

#include <string>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/time/local_time.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

/// Whether `text` is as long as `pattern` and has a digit wherever that has a 'd', a sign wherever
/// it has an 's', and the same everywhere else.
bool has_form(std::string_view text, std::string_view pattern) noexcept {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool fits = pattern[i] == 'd'   ? c >= '0' && c <= '9'
                      : pattern[i] == 's' ? c == '+' || c == '-'
                                          : c == pattern[i];
    if (!fits) return false;
  }
  return true;
}

/// "2026-11-23" of what the text begins with; nothing when that is no date.
std::string take_date(std::string_view& text) {
  constexpr std::size_t kDate = 10;
  std::string date(text.substr(0, kDate));
  text.remove_prefix(date.size());
  if (has_form(date, "dddd-dd-dd")) return date;
  if (!has_form(date, "dd.dd.dddd")) return {};
  return date.substr(6) + "-" + date.substr(3, 2) + "-" + date.substr(0, 2);
}

/// "02:53:54" of what the text begins with, if that is a time; midnight otherwise.
std::string take_time(std::string_view& text) {
  constexpr std::size_t kMinutes = 6;  // with the blank in front
  constexpr std::size_t kSeconds = 9;
  std::string time = "00:00:00";
  for (const std::size_t size : {kSeconds, kMinutes}) {
    const std::string_view part = text.substr(0, size);
    if (!has_form(part, std::string_view(" dd:dd:dd").substr(0, size))) continue;
    text.remove_prefix(size);
    time.replace(0, size - 1, part.substr(1));
    break;
  }
  return time;
}

}  // namespace

Timestamp parse_moment(std::string_view text) {
  std::string_view rest = text;
  const std::string date = take_date(rest);
  const std::string time = take_time(rest);
  if (!date.empty() && rest.empty()) return parse_time(date + " " + time);
  if (!date.empty() && has_form(rest, " sdddd")) {
    const std::string zoned =
        date + "T" + time + std::string(rest.substr(1, 3)) + ":" + std::string(rest.substr(4));
    if (const auto parsed = parse_rfc3339(zoned)) return parsed->instant;
  }
  if (const auto parsed = parse_rfc3339(text)) return parsed->instant;
  throw Error(
      ErrorCode::kUsage,
      fmt::format("\"{}\" is no time: write it like 2026-01-31 or \"2026-01-31 12:30\"", text));
}

}  // namespace snapfs
