// Hexadecimal text and the IDs written with it.
#include "fs/base/hex.h"

#include <array>
#include <string>
#include <unordered_set>

#include <gtest/gtest.h>

#include "fs/base/id.h"

namespace snapfs {
namespace {

TEST(Hex, WritesEveryByteWithTwoLowerCaseDigits) {
  const std::array<std::uint8_t, 5> bytes = {0x00, 0x09, 0x0a, 0xf0, 0xff};
  EXPECT_EQ(to_hex(bytes), "00090af0ff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, ReadsBothCases) {
  std::array<std::uint8_t, 3> bytes{};
  ASSERT_TRUE(parse_hex("0aFfB9", bytes));
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 3>{0x0a, 0xff, 0xb9}));
}

TEST(Hex, ReadsBackWhatItWrote) {
  for (unsigned value = 0; value < 256; ++value) {
    const std::array<std::uint8_t, 1> byte = {static_cast<std::uint8_t>(value)};
    std::array<std::uint8_t, 1> read{};
    ASSERT_TRUE(parse_hex(to_hex(byte), read));
    EXPECT_EQ(read, byte);
  }
}

TEST(Hex, RefusesOtherTextAndLengths) {
  std::array<std::uint8_t, 2> bytes{};
  for (const std::string_view text : {"", "0", "001", "00112", "001122", "001g", "00/0", "00:0",
                                      "00@0", "00`0", "+011", " 011", "0x11", "00\xff\xff"}) {
    EXPECT_FALSE(parse_hex(text, bytes)) << text;
  }
}

constexpr std::string_view kDigits =
    "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8";

TEST(Id, IsWrittenInFullAndShort) {
  const std::optional<Id> id = Id::parse(kDigits);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->hex(), kDigits);
  EXPECT_EQ(id->short_hex(), "ac08ce34");
}

TEST(Id, RefusesAnyOtherLength) {
  EXPECT_FALSE(Id::parse(kDigits.substr(1)));
  EXPECT_FALSE(Id::parse(kDigits.substr(2)));
  EXPECT_FALSE(Id::parse(std::string(kDigits) + "00"));
  EXPECT_FALSE(Id::parse(""));
}

TEST(Id, IsNullOnlyWhenAllZero) {
  EXPECT_TRUE(Id{}.is_null());
  Id id;
  id.bytes.back() = 1;
  EXPECT_FALSE(id.is_null());
}

TEST(Id, IsOrderedAsItsText) {
  Id low = *Id::parse(kDigits);
  Id high = low;
  high.bytes.front() = 0xad;
  low.bytes.back() = 0xff;
  EXPECT_LT(low, high);
  EXPECT_LT(low.hex(), high.hex());
  EXPECT_EQ((std::unordered_set<Id>{low, high, low}.size()), 2U);
}

}  // namespace
}  // namespace snapfs
