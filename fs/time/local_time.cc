#include "fs/time/local_time.h"

#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

constexpr std::size_t kDateLength = 10;      // 2026-11-23
constexpr std::size_t kDateTimeLength = 19;  // 2026-11-23 02:53:54

}  // namespace

std::string format_local_time(Timestamp time) {
  time.seconds += TimeZone::local().offset_at(time.seconds);
  time.nanoseconds = 0;
  std::string text = format_rfc3339({time, 0}).substr(0, kDateTimeLength);
  text[kDateLength] = ' ';
  return text;
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
