// Columns of text.
#include "cli/output/table.h"

#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(Table, AlignsColumnsAndDropsTrailingBlanks) {
  Table table({"ID", "Paths"});
  table.add_row({"1a2b", "/x"});
  table.add_row({"3", ""});
  EXPECT_EQ(table.text(),
            "ID    Paths\n"
            "-----------\n"
            "1a2b  /x\n"
            "3\n"
            "-----------\n");
}

TEST(Table, GivesEveryLineOfACellItsOwn) {
  Table table({"A", "B"});
  table.add_row({"1", std::vector<std::string>{"x", "y"}});
  EXPECT_EQ(table.text(),
            "A  B\n"
            "----\n"
            "1  x\n"
            "   y\n"
            "----\n");
}

TEST(Table, CountsCodePointsNotBytes) {
  EXPECT_EQ(display_width("\u00fc\u20ac"), 2U);
  Table table({"A", "B"});
  table.add_row({"\u00fc\u00fc", "x"});
  EXPECT_NE(table.text().find("\u00fc\u00fc  x\n"), std::string::npos);
}

TEST(Table, DisarmsControlCharacters) {
  Table table({"A"});
  table.add_row({"a\x1b[31mb\x7f\nc"});
  EXPECT_NE(table.text().find("a\\x1b[31mb\\u007f\\nc\n"), std::string::npos);
}

TEST(Table, IsNoWiderThanTheTerminalAndLosesNothing) {
  Table table({"ID", "Paths"});
  table.add_row({"1a2b3c4d", "/home/me/a/long/way/down/to/work"});
  EXPECT_EQ(table.text(34),
            "ID        Paths\n"
            "----------------------------------\n"
            "1a2b3c4d  /home/me/a/long/way/down\n"
            "          /to/work\n"
            "----------------------------------\n");
  EXPECT_EQ(table.text(80), table.text(0));
  // It is narrowed no further than that.
  EXPECT_EQ(table.text(1), table.text(30));
}

TEST(Table, FoldsBetweenCharacters) {
  std::string path;
  for (int i = 0; i < 21; ++i) path += "\u00fc";
  Table table({"Path"});
  table.add_row({path + "x"});
  EXPECT_NE(table.text(20).find("\u00fc\n\u00fcx\n"), std::string::npos) << table.text(20);
}

}  // namespace
}  // namespace snapfs
