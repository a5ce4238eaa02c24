// Names that could steer a terminal, and lines that must fit it.
#include "cli/display_text.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(Displayable, LeavesPrintableNamesAlone) {
  for (const char* name : {"/plain", "/with space", "/ümläut", "/漢字", "/a\"b\\c"}) {
    EXPECT_EQ(displayable(name), name);
  }
}

TEST(Displayable, QuotesWhatATerminalWouldObey) {
  EXPECT_EQ(displayable("/a\x1b[2J"), R"("/a\x1b[2J")");
  EXPECT_EQ(displayable("/a\nb\""), R"("/a\nb\"")");
  EXPECT_EQ(displayable("/\x9b"), R"("/\x9b")");        // a control character of eight bits
  EXPECT_EQ(displayable("/\xc2\x9b"), R"("/\u009b")");  // and the same in UTF-8
  EXPECT_EQ(displayable("/\u202e"), R"("/\u202e")");    // right to left
}

TEST(FitColumns, CutsBetweenCharacters) {
  EXPECT_EQ(fit_columns("abc", 3), "abc");
  EXPECT_EQ(fit_columns("abcd", 3), "abc");
  EXPECT_EQ(fit_columns("äöü", 2), "äö");
  EXPECT_EQ(fit_columns("abc", 0), "");
}

TEST(FitColumns, WideCharactersTakeTwo) {
  EXPECT_EQ(fit_columns("漢字", 4), "漢字");
  EXPECT_EQ(fit_columns("漢字", 3), "漢");
}

}  // namespace
}  // namespace snapfs
