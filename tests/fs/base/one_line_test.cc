#include "fs/base/one_line.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(OneLine, IsTheFirstThatHasSomethingInIt) {
  EXPECT_EQ(one_line("disk on fire"), "disk on fire");
  EXPECT_EQ(one_line("\r\n \t\n  first \r\nsecond"), "first");
  EXPECT_EQ(one_line("one\rtwo"), "one");
  EXPECT_EQ(one_line("one\xe2\x80\xa8two"), "one") << "a line separator";
  EXPECT_EQ(one_line(""), "");
  EXPECT_EQ(one_line(" \n\n\x1b\n"), "");
}

TEST(OneLine, DoesNothingToATerminal) {
  EXPECT_EQ(one_line("a\x1b[31mb\x07"), "a [31mb");
  EXPECT_EQ(one_line("a\x7f"
                     "b"),
            "a b");
  EXPECT_EQ(one_line("caf\xc3\xa9 \xc2\x9b x"), "caf\xc3\xa9   x") << "a control of two bytes";
  EXPECT_EQ(one_line("bad \xff byte"), "bad   byte");
}

TEST(OneLine, IsCutBetweenCharacters) {
  EXPECT_EQ(one_line(std::string(1000, 'x')), std::string(200, 'x'));
  EXPECT_EQ(one_line("caf\xc3\xa9s", 4), "caf");
  EXPECT_EQ(one_line("caf\xc3\xa9s", 5), "caf\xc3\xa9");
  EXPECT_EQ(one_line(std::string(1000, ' ') + "x", 5), "x");
}

}  // namespace
}  // namespace snapfs
