// The rules that zone files end with (RFC 8536 §3.3).
#include "fs/time/posix_zone.h"

#include <gtest/gtest.h>

#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

std::int64_t utc(std::int64_t year, unsigned month, unsigned day, int hour = 0) {
  return days_from_civil({year, month, day}) * kSecondsPerDay + hour * 3600;
}

std::int32_t offset(std::string_view rule, std::int64_t seconds) {
  return PosixZone::parse(rule).value().offset_at(seconds);
}

TEST(PosixZone, HasOneOffsetWithoutSummerTime) {
  EXPECT_EQ(offset("CET-1", 0), 3600);
  EXPECT_EQ(offset("EST5", 0), -18000);
  EXPECT_EQ(offset("<+0530>-5:30", 0), 19800);
  EXPECT_EQ(offset("<-03>+3:00:01", 0), -10801);
}

TEST(PosixZone, ChangesOnWeekdays) {
  constexpr std::string_view kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  EXPECT_EQ(offset(kBerlin, utc(2026, 3, 29, 1) - 1), 3600);
  EXPECT_EQ(offset(kBerlin, utc(2026, 3, 29, 1)), 7200);
  EXPECT_EQ(offset(kBerlin, utc(2026, 10, 25, 1) - 1), 7200);
  EXPECT_EQ(offset(kBerlin, utc(2026, 10, 25, 1)), 3600);
  constexpr std::string_view kNewYork = "EST5EDT,M3.2.0,M11.1.0";
  EXPECT_EQ(offset(kNewYork, utc(2026, 3, 8, 7) - 1), -18000);
  EXPECT_EQ(offset(kNewYork, utc(2026, 3, 8, 7)), -14400);
  EXPECT_EQ(offset(kNewYork, utc(2026, 11, 1, 6)), -18000);
  EXPECT_EQ(offset("EST5EDT", utc(2026, 3, 8, 7)), -14400);  // the rules of North America
}

TEST(PosixZone, HasAnOffsetAtTheEndsOfTime) {
  // Dates and weekdays come again after 400 years. With UBSan it shows whether anything overflows.
  constexpr std::int64_t kPeriod = 146'097 * kSecondsPerDay;
  constexpr std::string_view kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  for (const std::int64_t seconds : {INT64_MIN, INT64_MIN + kSecondsPerDay, INT64_MAX}) {
    EXPECT_EQ(offset(kBerlin, seconds), offset(kBerlin, seconds % kPeriod)) << seconds;
  }
}

TEST(PosixZone, MayHaveSummerOverTheNewYear) {
  constexpr std::string_view kSydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
  EXPECT_EQ(offset(kSydney, utc(2026, 1, 1)), 39600);
  EXPECT_EQ(offset(kSydney, utc(2026, 7, 1)), 36000);
  EXPECT_EQ(offset(kSydney, utc(2026, 12, 31)), 39600);
}

TEST(PosixZone, MayHaveWinterAsTheException) {
  constexpr std::string_view kDublin = "IST-1GMT0,M10.5.0,M3.5.0/1";
  EXPECT_EQ(offset(kDublin, utc(2026, 1, 1)), 0);
  EXPECT_EQ(offset(kDublin, utc(2026, 7, 1)), 3600);
}

TEST(PosixZone, CountsDaysWithAndWithoutTheLeapDay) {
  // Day J60 is 1 March in every year, day 59 is 29 February in leap years.
  EXPECT_EQ(offset("AAA0BBB,J60/0,J300/0", utc(2024, 2, 29, 23)), 0);
  EXPECT_EQ(offset("AAA0BBB,J60/0,J300/0", utc(2024, 3, 1)), 3600);
  EXPECT_EQ(offset("AAA0BBB,J60/0,J300/0", utc(2025, 3, 1)), 3600);
  EXPECT_EQ(offset("AAA0BBB,59/0,300/0", utc(2024, 2, 29)), 3600);
  EXPECT_EQ(offset("AAA0BBB,59/0,300/0", utc(2025, 2, 28, 23)), 0);
}

TEST(PosixZone, TakesClockTimesOutsideTheDay) {
  constexpr std::string_view kNuuk = "<-02>2<-01>,M3.5.0/-1,M10.5.0/0";
  EXPECT_EQ(offset(kNuuk, utc(2026, 3, 29, 1) - 1), -7200);
  EXPECT_EQ(offset(kNuuk, utc(2026, 3, 29, 1)), -3600);
}

TEST(PosixZone, RefusesOtherText) {
  for (const std::string_view rule : {"",
                                      "A",
                                      "CE-1",
                                      "CET",
                                      "CET-",
                                      "<CET-1",
                                      "CET-1CEST,",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M3.5.0,",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,J0,J10",
                                      "CET-1CEST,J1,J366",
                                      "CET-1CEST,1,366",
                                      "CET-1CEST,M3.5.0,M10.5.0x",
                                      "CET-1:60",
                                      "CET-169",
                                      "CET-1C",
                                      "CET-1CEST,M3.5,M10.5.0"}) {
    EXPECT_FALSE(PosixZone::parse(rule)) << rule;
  }
}

}  // namespace
}  // namespace snapfs
