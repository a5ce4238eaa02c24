// Times as lists show them.
#include "fs/time/local_time.h"

#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

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
