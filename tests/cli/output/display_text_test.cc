// Names that could steer a terminal, and lines that must fit it.
#include "cli/output/display_text.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fs/base/utf8.h"

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

TEST(Disarmed, EscapesWhatSteersATerminalAndNothingElse) {
  EXPECT_EQ(disarmed("plain, ümläut, 漢字, \U0001f600\nnext"),
            "plain, ümläut, 漢字, \U0001f600\nnext");
  EXPECT_EQ(disarmed("a\x1b[2J\x07\t\x7f\r\n"), "a\\x1b[2J\\x07\\x09\\u007f\\x0d\n");
  EXPECT_EQ(disarmed("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\\u0080\\u009b\\u009f\u00a0");
  EXPECT_EQ(disarmed("\x9b\xff\xe2\x80"), "\\x9b\\xff\\xe2\\x80");
  EXPECT_EQ(disarmed("\u202a\u202e\u2066\u2069\u200e\u200f\u061c\u2028\u2029"),
            "\\u202a\\u202e\\u2066\\u2069\\u200e\\u200f\\u061c\\u2028\\u2029");
}

TEST(Disarmed, LeavesNothingThatSteersATerminal) {
  for (char32_t c = 0; c < 0x3000; ++c) {
    std::string text = "<";
    append_utf8(text, c);
    const std::string out = disarmed(text + ">");
    for (std::string_view rest = out; !rest.empty();) {
      const Rune rune = decode_rune(rest);
      EXPECT_TRUE(rune.valid);
      EXPECT_TRUE(rune.code_point == '\n' || !steers_terminals(rune.code_point))
          << std::uint32_t{c};
      rest.remove_prefix(rune.size);
    }
  }
}

TEST(Disarmed, LeavesJsonAsItIs) {
  EXPECT_EQ(disarmed("{\"a\":\"\xc2\x9b\x7f\"}"), R"({"a":"\u009b\u007f"})");
}

TEST(Printable, StaysInOneLine) { EXPECT_EQ(printable("a\nb\x1b"), "a\\nb\\x1b"); }

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
