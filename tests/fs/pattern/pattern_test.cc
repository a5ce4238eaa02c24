// Path patterns; every case was seen with restic, too.
#include "fs/pattern/pattern.h"

#include <gtest/gtest.h>

#include "fs/base/path.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

bool matches(const std::string& pattern, const std::string& path) {
  const std::vector<std::string> parts = split_path(path);
  const std::vector<std::string_view> views(parts.begin(), parts.end());
  const Pattern parsed(pattern, "--exclude");
  const bool result = parsed.matches(views);
  // What is said of the directory beforehand must agree.
  const PathParts directory(views.data(), views.size() - 1);
  switch (parsed.outlook(directory)) {
    case Pattern::Outlook::kNone:
      EXPECT_FALSE(result) << pattern << " and " << path;
      break;
    case Pattern::Outlook::kAll:
      EXPECT_TRUE(result) << pattern << " and " << path;
      break;
    case Pattern::Outlook::kName:
      EXPECT_EQ(parsed.name_matches(views.back()), result) << pattern << " and " << path;
      break;
    case Pattern::Outlook::kPath:
      break;
  }
  for (std::size_t above = 0; result && above < views.size(); ++above) {
    EXPECT_TRUE(parsed.may_match_below(PathParts(views.data(), above)))
        << pattern << " and " << path;
  }
  return result;
}

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

void check(std::initializer_list<Case> cases) {
  for (const auto& [pattern, path, expected] : cases) {
    EXPECT_EQ(matches(pattern, path), expected) << pattern << " and " << path;
  }
}

TEST(Pattern, KnowsDirectoriesThatLeadToNothing) {
  const auto may_match_below = [](const std::string& pattern, const std::string& path) {
    const std::vector<std::string> parts = split_path(path);
    const std::vector<std::string_view> views(parts.begin(), parts.end());
    return Pattern(pattern, "find").may_match_below(views);
  };
  EXPECT_FALSE(may_match_below("/a/b", "/b"));
  EXPECT_FALSE(may_match_below("/a/*/c", "/a/x/d"));
  EXPECT_TRUE(may_match_below("/a/*/c", "/a/x"));
  EXPECT_TRUE(may_match_below("/a/**/c", "/a/x/y"));
  EXPECT_FALSE(may_match_below("/a/**/c", "/b"));
  EXPECT_TRUE(may_match_below("b", "/x/y"));
}

TEST(Pattern, DoesNotTryAllWaysThroughAPath) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 30; ++i) {
    pattern += "/**/a";
    path += "/a/x";
  }
  EXPECT_FALSE(matches(pattern + "/b", path));
  EXPECT_TRUE(matches(pattern + "/**/x", "/x" + path + "/x"));
  EXPECT_FALSE(matches(pattern.substr(1) + "/b", path));
}

TEST(Pattern, MatchesAtAnyComponent) {
  check({{"b", "/a/b", true},
         {"b", "/b", true},
         {"b", "/b/c/d", true},
         {"b", "/a/bb", false},
         {"a/b", "/x/a/b", true},
         {"a/b", "/x/a/b/c", true},
         {"a/b", "/a/x/b", false},
         {"a/b", "/b", false},
         {"*", "/a", true},
         {"*.c", "/src/x.c", true},
         {"s*/x.c", "/src/x.c", true},
         {"a/*/c", "/a/b/c", true},
         {"a/*/c", "/a/c", false},
         {"[x]", "/a/x", true},
         {"\\!x", "/!x", true}});
}

TEST(Pattern, WithASlashInFrontItBeginsAtTheRoot) {
  check({{"/a", "/a", true},
         {"/a", "/a/b/c", true},
         {"/a", "/x/a", false},
         {"/a/b", "/a/b", true},
         {"/a/b", "/a/b/c", true},
         {"/a/b", "/a", false},
         {"/a/*", "/a/b", true},
         {"/*/b", "/a/b", true},
         {"/*/b", "/a/x/b", false}});
}

TEST(Pattern, IsCleanedLikeAPath) {
  check({{"a/", "/x/a", true},
         {"a//b", "/a/b", true},
         {"./a", "/x/a", true},
         {"a/../b", "/b", true},
         {"/..", "/a", true},
         {"/", "/a", true},
         {"//", "/a/b", true},
         {".", "/a", false},
         {"..", "/a", false},
         {"../a", "/x/a", false},
         {"!", "/a", false}});
}

TEST(Pattern, TwoStarsAreAnyNumberOfComponents) {
  check({{"**", "/a", true},
         {"/**", "/a", true},
         {"**/a", "/a", true},
         {"**/a", "/x/y/a", true},
         {"a/**", "/a", true},
         {"a/**", "/a/b/c", true},
         {"/a/**", "/a", true},
         {"/a/**", "/b/a", false},
         {"a/**/c", "/a/c", true},
         {"a/**/c", "/a/b/c", true},
         {"a/**/c", "/x/a/b/b/c/d", true},
         {"a/**/c", "/c/a", false},
         {"/a/**/c", "/a/b/b/c", true},
         {"/a/**/c", "/x/a/c", false},
         {"a/**/c/**/e", "/a/c/e", true},
         {"a/**/c/**/e", "/a/b/c/d/d/e", true},
         {"a/**/c/**/e", "/a/b/e/d/c", false},
         {"**/**/a", "/a", true},
         {"a**/b", "/axx/b", true},
         {"a/***/f", "/a/b/f", true},
         {"a/***/f", "/a/f", false}});
}

/// restic expands one after the other, and each that is still to be expanded takes a place.
TEST(Pattern, SeveralTwoStarsNeedRoomInThePath) {
  check({{"/**/a/**", "/a", false},
         {"/**/a/**", "/a/b", true},
         {"/**/a/**", "/x/a", false},
         {"/**/a/**", "/x/a/b", true},
         {"/**/a/**", "/x/y/a", false},
         {"**/**/**", "/a", true},
         {"**/**/**/**", "/a", false},
         {"**/**/**/**", "/a/b", true},
         {"a/**/**/**", "/a", false}});
}

TEST(Pattern, KnowsItsNegation) {
  EXPECT_TRUE(Pattern("!a", "").is_negated());
  EXPECT_FALSE(Pattern("\\!a", "").is_negated());
  check({{"!a", "/a", true}, {"!!a", "/!a", true}, {"!!a", "/a", false}, {"!/a", "/x/a", false}});
}

TEST(Pattern, MalformedOnesNameTheirOrigin) {
  for (const char* text : {"[a", "a/[x/b", "!/x/[", "a\\", "a\\/b"}) {
    const auto parse = [&] { Pattern(text, "--iexclude-file list"); };
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "--iexclude-file list", parse)) << text;
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, text, parse)) << text;
  }
}

}  // namespace
}  // namespace snapfs
