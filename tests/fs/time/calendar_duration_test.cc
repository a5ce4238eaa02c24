// Spans of the calendar: how they are written, and where they lead back to.
#include "fs/time/calendar_duration.h"

#include <gtest/gtest.h>

#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

TEST(CalendarDuration, IsNumbersWithUnits) {
  EXPECT_EQ(CalendarDuration::parse("1y5m7d2h"),
            (CalendarDuration{.years = 1, .months = 5, .days = 7, .hours = 2}));
  EXPECT_EQ(CalendarDuration::parse(" 2h1y "), (CalendarDuration{.years = 1, .hours = 2}));
  EXPECT_EQ(CalendarDuration::parse("3d4d"), (CalendarDuration{.days = 4}));
  EXPECT_TRUE(CalendarDuration::parse("").is_zero());
  EXPECT_TRUE(CalendarDuration::parse("0y0h").is_zero());
}

TEST(CalendarDuration, RefusesEverythingElse) {
  for (const char* text : {"3", "d", "3d2", "3 d", "-3d", "3x", "1.5d", "99999999999999999999d"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, text, [&] { CalendarDuration::parse(text); }))
        << text;
  }
}

TEST(CalendarDuration, IsWrittenWithoutZeros) {
  EXPECT_EQ(CalendarDuration::parse("2h0d1y").text(), "1y2h");
  EXPECT_EQ(CalendarDuration{}.text(), "");
}

struct Step {
  const char* from;
  const char* duration;
  const char* to;
};

std::string back_from(const Step& step, const TimeZone& local) {
  const ZonedTime from = parse_rfc3339(step.from).value();
  const Timestamp to = before(from, CalendarDuration::parse(step.duration), local);
  return format_rfc3339({to, parse_rfc3339(step.to).value().offset_seconds});
}

TEST(CalendarDuration, GoesBackByTheCalendar) {
  constexpr Step kSteps[] = {
      {"2026-03-31T10:00:00.5Z", "1m", "2026-03-03T10:00:00.5Z"},  // there is no 31 February
      {"2024-03-31T10:00:00Z", "1m", "2024-03-02T10:00:00Z"},
      {"2024-02-29T10:00:00Z", "1y", "2023-03-01T10:00:00Z"},
      {"2026-01-15T10:00:00Z", "13m", "2024-12-15T10:00:00Z"},
      {"2026-01-15T10:00:00Z", "1m40d", "2025-11-05T10:00:00Z"},
      {"2026-01-01T00:30:00Z", "1h", "2025-12-31T23:30:00Z"},
      {"2026-11-23T10:00:00+05:30", "1y1m1d1h", "2025-10-22T09:00:00+05:30"},
      {"1970-01-02T00:00:00Z", "2d", "1969-12-31T00:00:00Z"},
  };
  for (const Step& step : kSteps) EXPECT_EQ(back_from(step, TimeZone()), step.to) << step.from;
}

TEST(CalendarDuration, KeepsTheTimeOfDayWhereTheClockChanges) {
  const TimeZone berlin = TimeZone::named("Europe/Berlin");
  if (berlin.offset_at(0) == 0) GTEST_SKIP() << "no time zone files here";
  constexpr Step kSteps[] = {
      {"2026-11-01T12:00:00+01:00", "14d", "2026-10-18T12:00:00+02:00"},
      // Not taken in that zone, so 24 hours are a day.
      {"2026-11-01T12:00:00+09:00", "14d", "2026-10-18T12:00:00+09:00"},
      {"2026-11-01T12:00:00Z", "14d", "2026-10-18T12:00:00Z"},
      // 02:30 does not exist on 29 March, and exists twice on 25 October.
      {"2026-03-30T02:30:00+02:00", "1d", "2026-03-29T02:30:00+01:00"},
      {"2026-10-26T02:30:00+01:00", "1d", "2026-10-25T02:30:00+01:00"},
      {"2026-10-26T01:30:00+01:00", "1d1h", "2026-10-25T00:30:00+02:00"},
  };
  for (const Step& step : kSteps) EXPECT_EQ(back_from(step, berlin), step.to) << step.from;
}

}  // namespace
}  // namespace snapfs
