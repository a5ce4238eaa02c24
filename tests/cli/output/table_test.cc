// Columns of text.
#include "cli/output/table.h"

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

}  // namespace
}  // namespace snapfs
