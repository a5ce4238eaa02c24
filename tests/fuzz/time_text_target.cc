// Times, durations and their templates, as people and other programs write them.
//
// An input is a letter for what it is, and the text.
#include "fs/base/error.h"
#include "fs/time/calendar_duration.h"
#include "fs/time/duration.h"
#include "fs/time/moment.h"
#include "fs/time/posix_zone.h"
#include "fs/time/rfc3339.h"
#include "fs/time/time_expression.h"
#include "fs/time/time_template.h"
#include "fs/time/timezone.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr Timestamp kNow{1'700'000'000, 500'000'000};
constexpr std::int64_t kDay = 86'400;

void try_rfc3339(std::string_view text) {
  const std::optional<ZonedTime> time = parse_rfc3339(text);
  if (!time) return;
  require(time->instant.nanoseconds >= 0 && time->instant.nanoseconds < 1'000'000'000,
          "nanoseconds are part of a second");
  require(parse_rfc3339(format_rfc3339(*time)) == time,
          "what is written is read as what was written");
}

void try_calendar(std::string_view text) {
  const auto duration =
      accepted({ErrorCode::kUsage}, [&] { return CalendarDuration::parse(text); });
  if (!duration) return;
  require(CalendarDuration::parse(duration->text()) == *duration,
          "a duration that is written is read as what was written");
  const Timestamp then = before({kNow, 3600}, *duration, TimeZone());
  require(then <= kNow, "what is before is not after");
}

void try_zone(std::string_view text) {
  const std::optional<PosixZone> zone = PosixZone::parse(text);
  if (!zone) return;
  for (const std::int64_t seconds : {std::int64_t{0}, kNow.seconds, INT64_MIN, INT64_MAX}) {
    const std::int32_t offset = zone->offset_at(seconds);
    require(offset > -8 * kDay && offset < 8 * kDay, "an offset is less than a week and a day");
  }
}

void try_template(std::string_view text) {
  const auto layout = accepted({ErrorCode::kUsage}, [&] { return TimeTemplate(text); });
  if (!layout) return;
  for (const ZonedTime& time : {ZonedTime{kNow, 0}, ZonedTime{{-62'167'219'200, 0}, -86'340}}) {
    require(!layout->format(time).empty(), "a time is shown by something");
  }
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const char kind = static_cast<char>(input.byte());
  const std::string_view text = input.text();
  switch (kind) {
    case 'e': {
      const auto time = parse_time_expression(text, kNow, TimeZone());
      require(!time || (time->nanoseconds >= 0 && time->nanoseconds < 1'000'000'000),
              "nanoseconds are part of a second");
      return;
    }
    case 'd': {
      const auto nanoseconds = accepted({ErrorCode::kUsage}, [&] { return parse_duration(text); });
      const auto seconds = accepted({ErrorCode::kUsage}, [&] { return parse_seconds(text); });
      require(!seconds || (nanoseconds && *seconds >= *nanoseconds), "seconds are rounded upwards");
      if (seconds) (void)format_elapsed(*seconds);
      return;
    }
    case 'c':
      return try_calendar(text);
    case 'm':
      (void)accepted({ErrorCode::kUsage}, [&] { return parse_moment(text); });
      return;
    case 't':
      return try_template(text);
    case 'z':
      return try_zone(text);
    default:
      return try_rfc3339(text);
  }
}

std::vector<std::string> fuzz_seeds() {
  return {"e2026-11-01T12:00+01:00",
          "e2026-11",
          "eyesterday",
          "e1d12h-ago",
          "e3m",
          "e2026",
          "e2026-02-28 23-59-59Z",
          "d1h30m1.5s",
          "d-500ms",
          "d0",
          "d1us2\xc2\xb5s3ns",
          "d2562047h47m16.854775807s",
          "c1y5m7d2h",
          "c0d",
          "c9223372036854775807y",
          "m23.11.2026",
          "m2026-11-23 02:53:54+0100",
          "m2026-11-23T02:53:54.5Z",
          "t2006-01-02T15-04-05Z0700",
          "tMon Jan _2 15:04:05.000 MST 2006",
          "t2006/01/02/PM3.999",
          "t%Y",
          "zCET-1CEST,M3.5.0,M10.5.0/3",
          "z<+0330>-3:30",
          "zEST5EDT,J60/-167,300/167:59:59",
          "zIST-2IDT,M3.4.4/26,M10.5.0",
          "r2026-11-23T02:53:54.123456789+01:00",
          "r0000-01-01T00:00:00Z",
          "r9999-12-31T23:59:59.9-23:59"};
}

}  // namespace snapfs::test
