// UTF-8 read, and text cut where a character ends.
#include "fs/base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(WholeBeginning, IsAllThatFits) {
  EXPECT_EQ(whole_beginning("", 0), "");
  EXPECT_EQ(whole_beginning("abc", 3), "abc");
  EXPECT_EQ(whole_beginning("abc", 2), "ab");
  EXPECT_EQ(whole_beginning("abc", 0), "");
}

TEST(WholeBeginning, EndsNoCharacterInItsMiddle) {
  const std::string text = "a\u00e4\u20ac\U0001f600";  // 1, 2, 3, 4 bytes
  const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (std::size_t bytes = 0; bytes < std::size(ends); ++bytes) {
    EXPECT_EQ(whole_beginning(text, bytes), text.substr(0, ends[bytes])) << bytes;
  }
}

TEST(WholeBeginning, TakesWhatIsNoUtf8ByTheByte) {
  EXPECT_EQ(whole_beginning("\x80\x80\x80\x80", 3), "\x80\x80\x80");
  EXPECT_EQ(whole_beginning("ab\xe2\x82"
                            "c",
                            4),
            "ab\xe2\x82");
  EXPECT_EQ(whole_beginning("\xff\xff", 1), "\xff");
}

TEST(Utf8, TellsValidFromInvalid) {
  for (const std::string_view text :
       {"", "a", "\u00df", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  }
  for (const std::string_view text : {"\x80", "\xc1\xbf", "\xed\xbf\xbf", "\xf5\x80\x80\x80",
                                      "ok\xc3", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Utf8, DecodesRunes) {
  const Rune rune = decode_rune("\U0001f600x");
  EXPECT_TRUE(rune.valid);
  EXPECT_EQ(rune.code_point, U'\U0001f600');
  EXPECT_EQ(rune.size, 4U);
  const Rune invalid = decode_rune("\xffx");
  EXPECT_FALSE(invalid.valid);
  EXPECT_EQ(invalid.size, 1U);
}

}  // namespace
}  // namespace snapfs
