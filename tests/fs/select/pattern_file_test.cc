// The lines of exclude files.
#include "fs/select/pattern_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::ElementsAre;

std::string lookup(const std::string& name) {
  if (name == "HOME") return "/home/me";
  if (name == "A_1") return "value";
  if (name == "1" || name == "*") return "special";
  return {};
}

TEST(PatternFile, ExpandsVariablesAsGoDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"$HOME/x", "/home/me/x"},
      {"${HOME}x", "/home/mex"},
      {"$HOMEx", ""},
      {"a$A_1-b", "avalue-b"},
      {"$$HOME", "$HOME"},
      {"${$}x", "$x"},
      {"$UNSET/x", "/x"},
      {"100$", "100$"},
      {"$/x", "$/x"},
      {"$ x", "$ x"},
      {"$ä", "$ä"},
      {"${}x", "x"},
      {"${HOME", "HOME"},
      {"$12", "special2"},
      {"${*}$*", "specialspecial"},
      {"${no such}x", "x"},
      {"$$$$", "$$"},
      {"$$$", "$$"},
  };
  for (const auto& [text, expanded] : cases) {
    EXPECT_EQ(expand_variables(text, lookup), expanded) << text;
  }
}

TEST(PatternFile, DropsBlankLinesAndComments) {
  const std::vector<std::string> lines = {"# comment", "",   "  \t", " a b\t", "\u00a0x\u3000",
                                          "  # too",   "x#", "!b",   "\\#c",   "$HOME"};
  EXPECT_THAT(patterns_from_lines(lines, lookup),
              ElementsAre("a b", "x", "x#", "!b", "\\#c", "/home/me"));
}

/// restic, too, looks for comments before it replaces variables.
TEST(PatternFile, AVariableMayHoldWhatLooksLikeAComment) {
  const std::vector<std::string> lines = {"$X", "$EMPTY"};
  EXPECT_THAT(
      patterns_from_lines(lines, [](const std::string& name) { return name == "X" ? "#x" : ""; }),
      ElementsAre("#x", ""));
}

}  // namespace
}  // namespace snapfs
