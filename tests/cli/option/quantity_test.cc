// Sizes as people write them.
#include "cli/option/quantity.h"

#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

TEST(FormatSize, ChoosesTheUnit) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1024), "1.000 KiB");
  EXPECT_EQ(format_size(1536), "1.500 KiB");
  EXPECT_EQ(format_size(1 << 20), "1.000 MiB");
  EXPECT_EQ(format_size(5'700'000'000), "5.309 GiB");
  EXPECT_EQ(format_size(18446744073709551615U), "16.000 EiB");
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

}  // namespace
}  // namespace snapfs
