#include "fs/backend/rest/content_range.h"

#include <string_view>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(ContentRangeTest, SaysWhichPartOfHowMuch) {
  const auto range = ContentRange::parse("bytes 10-19/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 10U);
  EXPECT_EQ(range->length(), 10U);
  EXPECT_EQ(range->whole, 100U);
  const auto open = ContentRange::parse("bytes 0-0/*");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->length(), 1U);
  EXPECT_FALSE(open->whole);
}

TEST(ContentRangeTest, IsNothingElse) {
  for (const std::string_view text :
       {"", "bytes", "bytes ", "bytes */100", "bytes 1-0/2", "bytes 0-1/1", "bytes 0-1", "0-1/2",
        "bytes 0-1/2 ", "bytes -1/2", "bytes 0-/2", "bytes 0-1/", "bytes=0-1/2",
        "bytes 0-18446744073709551615/*", "bytes 0-18446744073709551616/*"}) {
    EXPECT_FALSE(ContentRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace snapfs
