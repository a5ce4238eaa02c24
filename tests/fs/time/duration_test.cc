// Durations as people write them.
#include "fs/time/duration.h"

#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

using std::chrono::seconds;

TEST(FormatElapsed, AddsHoursWhenThereAreAny) {
  EXPECT_EQ(format_elapsed(seconds(7)), "0:07");
  EXPECT_EQ(format_elapsed(seconds(754)), "12:34");
  EXPECT_EQ(format_elapsed(seconds(3723)), "1:02:03");
}

TEST(ParseDuration, IsGos) {
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("5m"), seconds(300));
  EXPECT_EQ(parse_duration("1h30m"), seconds(5400));
  EXPECT_EQ(parse_duration("0s"), seconds(0));
  EXPECT_EQ(parse_duration("0"), seconds(0));
  EXPECT_EQ(parse_duration("1.5h"), seconds(5400));
  EXPECT_EQ(parse_duration("500ms"), std::chrono::milliseconds(500));
  EXPECT_EQ(parse_duration("1m.5s"), std::chrono::milliseconds(60500));
  EXPECT_EQ(parse_duration("7us"), std::chrono::microseconds(7));
  EXPECT_EQ(parse_duration("7\u00b5s3ns"), std::chrono::nanoseconds(7003));
  EXPECT_EQ(parse_duration("5m1h5m"), seconds(4200));
  EXPECT_EQ(parse_duration("-5m"), seconds(-300));
  EXPECT_EQ(parse_duration("+5m"), seconds(300));
  EXPECT_EQ(parse_seconds("500ms"), seconds(1));
  EXPECT_EQ(parse_seconds("0"), seconds(0));
  EXPECT_THROW(parse_seconds("-5m"), Error);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "5", "m", "-", "--5m", "5 m", "5m ", "5d", "1e3s", "infs", "0x5s",
                           ".", "5..5s", "5m-1s", "99999999999999999s"}) {
    EXPECT_THROW(parse_duration(text), Error) << text;
  }
}

}  // namespace
}  // namespace snapfs
