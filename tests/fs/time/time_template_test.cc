// Layouts of times.
#include "fs/time/time_template.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

std::string format(std::string_view layout, std::string_view time) {
  return TimeTemplate(layout).format(parse_rfc3339(time).value());
}

/// The expected values are what Go's time.Format gives.
TEST(TimeTemplate, DatesAndClocks) {
  const std::string_view time = "2026-03-05T17:08:09.123456789+01:30";
  EXPECT_EQ(format("2006-01-02T15:04:05Z07:00", time), "2026-03-05T17:08:09+01:30");
  EXPECT_EQ(format("2006-01-02_15-04-05", time), "2026-03-05_17-08-09");
  EXPECT_EQ(format("Mon Jan _2 15:04:05 2006", time), "Thu Mar  5 17:08:09 2026");
  EXPECT_EQ(format("Monday, January 2, 06 at 3:4:5 PM pm 03h", time),
            "Thursday, March 5, 26 at 5:8:9 PM pm 05h");
  EXPECT_EQ(format("002 __2 1/2", time), "064  64 3/5");
  EXPECT_EQ(format("15:04:05.000 05,999999999 05.99", time), "17:08:09.123 09,123456789 09.12");
  EXPECT_EQ(format("20060102", time), "20260305");
  EXPECT_EQ(format("_2006", time), "_2026");
}

TEST(TimeTemplate, Zones) {
  const std::string_view east = "2026-03-05T17:08:09+01:30";
  EXPECT_EQ(format("-0700 -07:00 -07 -070000 -07:00:00 MST", east),
            "+0130 +01:30 +01 +013000 +01:30:00 +0130");
  EXPECT_EQ(format("Z0700 Z07:00 Z07", "2026-03-05T17:08:09-05:00"), "-0500 -05:00 -05");
  EXPECT_EQ(format("Z0700 Z07:00 Z07 -0700 MST", "2026-03-05T17:08:09Z"), "Z Z Z +0000 UTC");
}

TEST(TimeTemplate, WhatIsNoTokenStandsForItself) {
  EXPECT_EQ(format("Janet Monde 2006.0 x.5", "2026-03-05T17:08:09Z"), "Janet Monde 2026.0 x.9");
  EXPECT_EQ(format("15.000", "2026-03-05T17:08:09Z"), "17.000");
  EXPECT_EQ(format("15.999", "2026-03-05T17:08:09Z"), "17");
  EXPECT_EQ(format("3PM", "2026-03-05T00:08:09Z"), "12AM");
}

TEST(TimeTemplate, YearsBeforeTheEpochAndWeekdays) {
  EXPECT_EQ(format("Mon 2006-01-02 002", "1969-12-31T23:59:59Z"), "Wed 1969-12-31 365");
  EXPECT_EQ(format("Mon 002", "2024-12-31T00:00:00Z"), "Tue 366");
}

TEST(TimeTemplate, MistakesAreNamed) {
  const auto message = [](std::string_view layout) -> std::string {
    try {
      const TimeTemplate accepted(layout);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(message("%Y-%m-%d").find("%Y, which is not understood"), std::string::npos);
  EXPECT_NE(message("").find("shows nothing of the time"), std::string::npos);
  EXPECT_NE(message("yyyy-mm-dd").find("shows nothing of the time"), std::string::npos);
  EXPECT_NE(message("/2006").find("slash"), std::string::npos);
  EXPECT_NE(message("2006/").find("slash"), std::string::npos);
  EXPECT_EQ(message("100% 2006"), "accepted");
  // A fraction without zeros at its end shows nothing of a whole second.
  EXPECT_NE(message(".9").find("shows nothing of the time"), std::string::npos);
  EXPECT_NE(message("at ,999").find("shows nothing of the time"), std::string::npos);
  EXPECT_EQ(message(".000"), "accepted");
  EXPECT_EQ(message("05.999"), "accepted");
}

}  // namespace
}  // namespace snapfs
