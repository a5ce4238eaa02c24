// Text cut where a character ends.
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

}  // namespace
}  // namespace snapfs
