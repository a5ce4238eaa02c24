// Sizes, durations and times as people write them.
#include "cli/quantity.h"

#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

using std::chrono::seconds;

TEST(FormatSize, ChoosesTheUnit) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1024), "1.000 KiB");
  EXPECT_EQ(format_size(1536), "1.500 KiB");
  EXPECT_EQ(format_size(1 << 20), "1.000 MiB");
  EXPECT_EQ(format_size(5'700'000'000), "5.309 GiB");
  EXPECT_EQ(format_size(18446744073709551615U), "16.000 EiB");
}

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

TEST(ParseSize, ReadsUnitsAsPowersOf1024) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("1000"), 1000U);
  EXPECT_EQ(parse_size("+7b"), 7U);
  EXPECT_EQ(parse_size("7B"), 7U);
  EXPECT_EQ(parse_size("2k"), 2048U);
  EXPECT_EQ(parse_size("2K"), 2048U);
  EXPECT_EQ(parse_size("3m"), 3U << 20);
  EXPECT_EQ(parse_size("3M"), 3U << 20);
  EXPECT_EQ(parse_size("1g"), 1U << 30);
  EXPECT_EQ(parse_size("1G"), 1U << 30);
  EXPECT_EQ(parse_size("5t"), std::uint64_t{5} << 40);
  EXPECT_EQ(parse_size("8388607T"), std::uint64_t{8388607} << 40);
}

TEST(ParseSize, RefusesEverythingElse) {
  for (const char* text : {"", "k", "x", "1x", "-1", "-1k", "1.5k", "1 k", " 1", "1kk", "1KiB",
                           "0x10", "8388608T", "99999999999999999999"}) {
    EXPECT_THROW(parse_size(text), Error) << text;
  }
}

TEST(ParseTime, ReadsWhatIsShown) {
  const Timestamp time = parse_time("2026-01-31 12:30:00");
  EXPECT_EQ(format_local_time(time), "2026-01-31 12:30:00");
  const Timestamp summer = parse_time("2026-07-31 12:30:00");
  EXPECT_EQ(format_local_time(summer), "2026-07-31 12:30:00");
}

TEST(ParseTime, ReadsRfc3339WithItsOwnZone) {
  EXPECT_EQ(parse_time("1970-01-01T01:00:00+01:00"), Timestamp{});
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.5Z"), (Timestamp{1, 500'000'000}));
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* text : {"", "now", "2026-01-31", "2026-13-31 12:30:00", "2026-01-31 12:30:0x"}) {
    EXPECT_THROW(parse_time(text), Error) << text;
  }
}

}  // namespace
}  // namespace snapfs
