// Words that are printed to be pasted into a shell.
#include "fs/base/shell_word.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(ShellWord, StaysAsItIsWhereNoShellSeesMoreInIt) {
  EXPECT_EQ(shell_word("/mnt/snap"), "/mnt/snap");
  EXPECT_EQ(shell_word("2026-11-01T10-00-00+0100,a:b@c%"), "2026-11-01T10-00-00+0100,a:b@c%");
}

TEST(ShellWord, IsQuotedOtherwise) {
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("/with space"), "'/with space'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("~"), "'~'");
  EXPECT_EQ(shell_word("$(x) `y` \"z\"\n"), "'$(x) `y` \"z\"\n'");
}

}  // namespace
}  // namespace snapfs
