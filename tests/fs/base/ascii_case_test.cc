#include "fs/base/ascii_case.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(AsciiCase, ChangesLettersOfAsciiAlone) {
  EXPECT_EQ(ascii_lower("Content-LENGTH @[`{ \xc3\x84 09"), "content-length @[`{ \xc3\x84 09");
  EXPECT_EQ(ascii_lower(""), "");
}

TEST(AsciiCase, ComparesWithoutCase) {
  EXPECT_TRUE(equals_in_any_case("GLACIER", "Glacier"));
  EXPECT_FALSE(equals_in_any_case("GLACIER", "GLACIE"));
  EXPECT_FALSE(equals_in_any_case("@", "`"));
  EXPECT_TRUE(begins_in_any_case("HTTPS://host", "https://"));
  EXPECT_TRUE(begins_in_any_case("anything", ""));
  EXPECT_FALSE(begins_in_any_case("http", "https"));
}

}  // namespace
}  // namespace snapfs
