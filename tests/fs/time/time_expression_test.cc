// Moments by name. Expected values are worked out by hand, in Berlin's time zone where it matters.
#include "fs/time/time_expression.h"

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

class TimeExpression : public ::testing::Test {
 protected:
  void SetUp() override {
    if (zone_.offset_at(1'782'000'000) != 7200) GTEST_SKIP() << "no time zone files here";
  }

  /// The moment in UTC; "nothing" when it is none.
  std::string moment(std::string_view text) const {
    const auto found = parse_time_expression(text, now_, zone_);
    return found ? format_rfc3339({*found, 0}) : "nothing";
  }

  const TimeZone zone_ = TimeZone::named("Europe/Berlin");
  Timestamp now_ = parse_rfc3339("2026-11-23T09:30:15.25Z")->instant;  // 10:30:15 there
};

TEST_F(TimeExpression, DatesLastToTheirEnd) {
  EXPECT_EQ(moment("2026-11-01"), "2026-11-01T22:59:59.999999999Z");
  EXPECT_EQ(moment("2026-07-01"), "2026-07-01T21:59:59.999999999Z");
  EXPECT_EQ(moment("2026-02"), "2026-02-28T22:59:59.999999999Z");
  EXPECT_EQ(moment("2026"), "2026-12-31T22:59:59.999999999Z");
}

TEST_F(TimeExpression, TimesLastToTheEndOfWhatTheyName) {
  EXPECT_EQ(moment("2026-11-01T12"), "2026-11-01T11:59:59.999999999Z");
  EXPECT_EQ(moment("2026-11-01T12:00"), "2026-11-01T11:00:59.999999999Z");
  EXPECT_EQ(moment("2026-11-01T12:00:30"), "2026-11-01T11:00:30.999999999Z");
  EXPECT_EQ(moment("2026-11-01T12:00:30.5"), "2026-11-01T11:00:30.5Z");
  EXPECT_EQ(moment("2026-11-01 12-00-30"), "2026-11-01T11:00:30.999999999Z");
}

TEST_F(TimeExpression, ZonesThatAreGivenCount) {
  EXPECT_EQ(moment("2026-11-01T12:00:30Z"), "2026-11-01T12:00:30.999999999Z");
  EXPECT_EQ(moment("2026-11-01T12:00-05:00"), "2026-11-01T17:00:59.999999999Z");
  EXPECT_EQ(moment("2026-11-01T12:00:30+0530"), "2026-11-01T06:30:30.999999999Z");
  EXPECT_EQ(moment("2026-11-01T12-00-30Z"), "2026-11-01T12:00:30.999999999Z");
  EXPECT_EQ(moment("2026-11-01T12:00:30.123456789123+00:00"), "2026-11-01T12:00:30.123456789Z");
}

TEST_F(TimeExpression, WhatTheClockShowsTwiceIsTheLaterOne) {
  EXPECT_EQ(moment("2026-10-25T02:30"), "2026-10-25T01:30:59.999999999Z");
  EXPECT_EQ(moment("2026-10-25T01:30"), "2026-10-24T23:30:59.999999999Z");
  EXPECT_EQ(moment("2026-03-29"), "2026-03-29T21:59:59.999999999Z");
}

TEST_F(TimeExpression, Words) {
  EXPECT_EQ(moment("now"), "2026-11-23T09:30:15.25Z");
  EXPECT_EQ(moment("today"), "2026-11-23T22:59:59.999999999Z");
  EXPECT_EQ(moment("yesterday"), "2026-11-22T22:59:59.999999999Z");
}

TEST_F(TimeExpression, Spans) {
  EXPECT_EQ(moment("2h-ago"), "2026-11-23T07:30:15.25Z");
  EXPECT_EQ(moment("90s"), "2026-11-23T09:28:45.25Z");
  EXPECT_EQ(moment("15min-ago"), "2026-11-23T09:15:15.25Z");
  EXPECT_EQ(moment("3d-ago"), "2026-11-20T09:30:15.25Z");
  EXPECT_EQ(moment("1w-ago"), "2026-11-16T09:30:15.25Z");
  EXPECT_EQ(moment("1d12h-ago"), "2026-11-21T21:30:15.25Z");
  // Summer time ended in between: the clock shows the same.
  EXPECT_EQ(moment("1m"), "2026-10-23T08:30:15.25Z");
  EXPECT_EQ(moment("1y-ago"), "2025-11-23T09:30:15.25Z");
  now_ = parse_rfc3339("2026-03-31T10:00:00Z")->instant;
  EXPECT_EQ(moment("1m-ago"), "2026-02-28T11:00:00Z");
  EXPECT_EQ(moment("13m-ago"), "2025-02-28T11:00:00Z");
}

TEST_F(TimeExpression, AnythingElseIsNothing) {
  for (const std::string_view text : {"",
                                      "-",
                                      "ago",
                                      "-ago",
                                      "2026-",
                                      "2026-13",
                                      "2026-02-30",
                                      "2026-1-1",
                                      "20261101",
                                      "2026-11-01T",
                                      "2026-11-01T24:00",
                                      "2026-11-01T12:60",
                                      "2026-11-01T12:00:30.",
                                      "2026-11-01T12:00x",
                                      "2026-11-01T12:00+1",
                                      "tomorrow",
                                      "1x-ago",
                                      "h-ago",
                                      "12345678d",
                                      "2026-11-01Z",
                                      "1d-ago-ago",
                                      "latest",
                                      "+1d",
                                      "9999999y",
                                      ".hidden"}) {
    EXPECT_EQ(moment(text), "nothing") << text;
  }
}

}  // namespace
}  // namespace snapfs
