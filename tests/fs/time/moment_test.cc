#include "fs/time/moment.h"

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/time/local_time.h"

namespace snapfs {
namespace {

TEST(MomentTest, ReadsDatesWithAndWithoutATime) {
  const Timestamp midnight = parse_time("2026-01-31 00:00:00");
  EXPECT_EQ(parse_moment("2026-01-31"), midnight);
  EXPECT_EQ(parse_moment("31.01.2026"), midnight);
  EXPECT_EQ(parse_moment("2026-01-31 12:30").seconds, midnight.seconds + 45000);
  EXPECT_EQ(parse_moment("31.01.2026 12:30:05").seconds, midnight.seconds + 45005);
}

TEST(MomentTest, ReadsTimesWithAZone) {
  EXPECT_EQ(parse_moment("2026-01-31 12:30:00 +0100"), parse_moment("2026-01-31T11:30:00Z"));
  EXPECT_EQ(parse_moment("2026-01-31T12:30:00.5+01:00").nanoseconds, 500'000'000);
}

TEST(MomentTest, RefusesEverythingElse) {
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-01-31 25:00", "2026-01-31 12",
                           "2026-01-31x", "31-01-2026", "2026-01-31 12:30:00 CET"}) {
    EXPECT_THROW(parse_moment(text), Error) << text;
  }
}

}  // namespace
}  // namespace snapfs
