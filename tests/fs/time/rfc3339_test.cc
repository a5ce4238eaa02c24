// Times as text (FORMAT §9, §10.4) and the calendar below them.
#include "fs/time/rfc3339.h"

#include <limits>

#include <gtest/gtest.h>

#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

struct Case {
  ZonedTime time;
  std::string_view text;
};

const Case kCases[] = {
    {{{0, 0}, 0}, "1970-01-01T00:00:00Z"},
    {{{1795390737, 675255663}, 0}, "2026-11-22T23:38:57.675255663Z"},
    {{{1795390737, 790941611}, 3600}, "2026-11-23T00:38:57.790941611+01:00"},
    {{{-1, 500000000}, 0}, "1969-12-31T23:59:59.5Z"},
    {{{-2, 500000000}, 0}, "1969-12-31T23:59:58.5Z"},
    {{{1, 1}, 0}, "1970-01-01T00:00:01.000000001Z"},
    {{{1, 120000000}, -5 * 3600}, "1969-12-31T19:00:01.12-05:00"},
    {{{951782400, 0}, 5 * 3600 + 1800}, "2000-02-29T05:30:00+05:30"},
    {{{253402300799, 999999999}, 0}, "9999-12-31T23:59:59.999999999Z"},
    {{{-62167219200, 0}, 0}, "0000-01-01T00:00:00Z"},
};

TEST(Rfc3339, WritesTimes) {
  for (const Case& c : kCases) EXPECT_EQ(format_rfc3339(c.time), c.text);
}

TEST(Rfc3339, ReadsBackWhatItWrote) {
  for (const Case& c : kCases) EXPECT_EQ(parse_rfc3339(c.text), c.time) << c.text;
}

TEST(Rfc3339, CutsOffsetsToMinutesTowardsZero) {
  // Africa/Monrovia before 1972; the clock time keeps the offset's seconds.
  EXPECT_EQ(format_rfc3339({{-315619200, 0}, -2670}), "1959-12-31T23:15:30-00:44");
  EXPECT_EQ(format_rfc3339({{0, 0}, 3208}), "1970-01-01T00:53:28+00:53");
  EXPECT_EQ(format_rfc3339({{0, 0}, 30}), "1970-01-01T00:00:30+00:00");
}

TEST(Rfc3339, MovesYearsIntoRange) {
  EXPECT_EQ(format_rfc3339({{253402300800, 5}, 0}), "9999-01-01T00:00:00.000000005Z");
  EXPECT_EQ(format_rfc3339({{-62167219201, 0}, 0}), "0000-12-31T23:59:59Z");
  const std::int64_t leap_day = days_from_civil({12000, 2, 29}) * kSecondsPerDay;
  EXPECT_EQ(format_rfc3339({{leap_day, 0}, 0}), "9999-03-01T00:00:00Z");
}

TEST(Rfc3339, SurvivesTheFarthestTimes) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(format_rfc3339({{kMax, 999999999}, 86400}).starts_with("9999-"));
  EXPECT_TRUE(format_rfc3339({{-kMax - 1, 0}, -86400}).starts_with("0000-"));
}

TEST(Rfc3339, ReadsWhatOthersWrite) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00+00:00"), (ZonedTime{{0, 0}, 0}));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00-00:00"), (ZonedTime{{0, 0}, 0}));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.500Z"), (ZonedTime{{0, 500000000}, 0}));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1234567899Z"), (ZonedTime{{0, 123456789}, 0}));
  EXPECT_EQ(parse_rfc3339("0001-01-01T00:00:00Z"), (ZonedTime{{-62135596800, 0}, 0}));
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const std::string_view text : {"",
                                      "1970-01-01",
                                      "1970-01-01T00:00:00",
                                      "1970-01-01 00:00:00Z",
                                      "1970-01-01t00:00:00Z",
                                      "1970-01-01T00:00:00z",
                                      "970-01-01T00:00:00Z",
                                      "10000-01-01T00:00:00Z",
                                      "1970-00-01T00:00:00Z",
                                      "1970-13-01T00:00:00Z",
                                      "1970-01-00T00:00:00Z",
                                      "1970-01-32T00:00:00Z",
                                      "1970-02-29T00:00:00Z",
                                      "1970-04-31T00:00:00Z",
                                      "1970-01-01T24:00:00Z",
                                      "1970-01-01T00:60:00Z",
                                      "1970-01-01T00:00:60Z",
                                      "1970-01-01T00:00:00.Z",
                                      "1970-01-01T00:00:00+0100",
                                      "1970-01-01T00:00:00+25:00",
                                      "1970-01-01T00:00:00+01:61",
                                      "1970-01-01T00:00:00Z ",
                                      "-970-01-01T00:00:00Z",
                                      "1970-01-01T00:00:00.5",
                                      "1970-01-01T00:00:0:Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(CivilDate, GoesThereAndBackOverTheLeapCycle) {
  CivilDate expected{1999, 12, 31};
  for (std::int64_t day = days_from_civil(expected), end = day + 146097; day < end; ++day) {
    ASSERT_EQ(civil_from_days(day), expected);
    ASSERT_EQ(days_from_civil(expected), day);
    if (++expected.day <= days_in_month(expected.year, expected.month)) continue;
    expected.day = 1;
    if (++expected.month <= 12) continue;
    expected = {expected.year + 1, 1, 1};
  }
  EXPECT_EQ(civil_from_days(0), (CivilDate{1970, 1, 1}));
  EXPECT_EQ(civil_from_days(-719528), (CivilDate{0, 1, 1}));
  EXPECT_EQ(civil_from_days(-719529), (CivilDate{-1, 12, 31}));
}

TEST(CivilDate, RoundsSecondsDownToDays) {
  EXPECT_EQ(day_of_second(86399), 0);
  EXPECT_EQ(day_of_second(86400), 1);
  EXPECT_EQ(day_of_second(-1), -1);
  EXPECT_EQ(day_of_second(-86400), -1);
  EXPECT_EQ(day_of_second(-86401), -2);
}

}  // namespace
}  // namespace snapfs
