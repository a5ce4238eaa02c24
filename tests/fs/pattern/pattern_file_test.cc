// The lines of exclude files.
#include "fs/pattern/pattern_file.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using snapfs::test::fails_with;
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
  EXPECT_THAT(patterns_from_lines(lines, lookup, "x"),
              ElementsAre("a b", "x", "x#", "!b", "\\#c", "/home/me"));
}

/// restic, too, looks for comments before it replaces variables.
TEST(PatternFile, AVariableMayHoldWhatLooksLikeAComment) {
  const std::vector<std::string> lines = {"$X"};
  EXPECT_THAT(patterns_from_lines(
                  lines, [](const std::string& /*name*/) { return "#x"; }, "x"),
              ElementsAre("#x"));
}

std::string variable(const std::string& name) {
  const std::map<std::string, std::string> values = {
      {"HOME", "/home/me"}, {"ROOT", "/"}, {"STAR", "*"},      {"STARS", "**"},
      {"UP", ".."},         {"DOT", "."},  {"BRACKET", "x]y"}, {"DIR", "d"}};
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

TEST(PatternFile, RefusesWhatAVariableWithoutAValueWidens) {
  for (const char* const line : {"$NONE/**",
                                 "$NONE",
                                 "${NONE}",
                                 "$NONE/",
                                 "$NONE/*",
                                 "$NONE*",
                                 "*$NONE",
                                 "**/$NONE",
                                 "$NONE/$NADA/**",
                                 "$DIR/$NONE",
                                 "/home/$NONE",
                                 "/home/$NONE/",
                                 "/home/$NONE/**",
                                 "/home/$NONE*",
                                 "$NONE/cache",
                                 "/$NONE/cache",
                                 "!$NONE",
                                 "!$NONE/**",
                                 "!/keep/$NONE",
                                 "*$py.class",

                                 "a*$NONE",
                                 "$NONE**",
                                 "./$NONE",
                                 "$NONE/.",
                                 "$NONE/../$NONE",
                                 "${NONE}/d",
                                 "[ab]*$NONE",
                                 "\\[*$NONE",
                                 "$1",
                                 "$*"}) {
    const std::vector<std::string> lines = {"# first", "fine", line};
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "--exclude-file list, line 3: \"", [&] {
      patterns_from_lines(lines, variable, "--exclude-file list");
    })) << line;
  }
}

TEST(PatternFile, RefusesWhatAVariableWithoutANameWidens) {
  for (const char* const line : {"${}", "${", "/home/${}", "${}*", "/home/${*", "!${}", "**/${}"}) {
    const std::vector<std::string> lines = {line};
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "is no variable", [&] {
      patterns_from_lines(lines, variable, "list");
    })) << line;
  }
}

TEST(PatternFile, RefusesWhatAVariableTurnsIntoEverything) {
  for (const char* const line :
       {"$ROOT", "$ROOT/**", "$ROOT/*", "${ROOT}*", "$STAR", "$STARS", "/$STAR", "/$STARS/*",
        "!$ROOT", "!$STAR", "$STAR/$STAR", "/x/$UP", "$ROOT/$DOT", "/home/$UP/**"}) {
    const std::vector<std::string> lines = {line};
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "which matches everything", [&] {
      patterns_from_lines(lines, variable, "list");
    })) << line;
  }
}

TEST(PatternFile, TakesWhatVariablesLeaveAsNarrowAsItWas) {
  const std::pair<const char*, const char*> cases[] = {
      {"$HOME/**", "/home/me/**"},
      {"$ROOT/home", "//home"},
      {"a/$STAR/f", "a/*/f"},
      {"$RECYCLE.BIN", ".BIN"},
      {"~$*.docx", "~.docx"},
      {"cache-$NONE", "cache-"},
      {"*.$NONE", "*."},
      {"[$BRACKET", "[x]y"},
      {"$$NONE/**", "$NONE/**"},
      {"$", "$"},
      {"$/**", "$/**"},
      {"/**", "/**"},  // nobody's variable
      {"*", "*"},
      {"/", "/"},
      {"!", "!"},
  };
  for (const auto& [line, pattern] : cases) {
    const std::vector<std::string> lines = {line};
    EXPECT_THAT(patterns_from_lines(lines, variable, "list"), ElementsAre(pattern)) << line;
  }
}

TEST(PatternFile, NamesTheFirstVariableWithoutAValue) {
  const std::vector<std::string> lines = {"$HOME/$NONE/$NADA"};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage,
                         "list, line 1: \"$HOME/$NONE/$NADA\" would become \"/home/me//\": the "
                         "variable NONE is not set or is empty; set it, or write $$",
                         [&] { patterns_from_lines(lines, variable, "list"); }));
}

}  // namespace
}  // namespace snapfs
