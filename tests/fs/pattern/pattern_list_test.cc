// Several patterns together: order, taking back, upper and lower case.
#include "fs/pattern/pattern_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/pattern/lower_case.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

Names kept(const std::vector<std::string>& patterns, const std::string& directory, Names names,
           LetterCase letter_case = LetterCase::kMatters) {
  const std::vector<PatternSource> sources = {{"--exclude", patterns}};
  PatternList(sources, letter_case).remove_rejected(directory, names);
  return names;
}

Names kept_ignoring_case(const std::vector<std::string>& patterns, const std::string& directory,
                         Names names) {
  return kept(patterns, directory, std::move(names), LetterCase::kIgnored);
}

TEST(PatternList, RemovesWhatAnyPatternMatches) {
  EXPECT_THAT(kept({"a", "*.o"}, "/src", {"a", "b", "x.o"}), ElementsAre("b"));
  EXPECT_THAT(kept({"a"}, "/", {"a", "b"}), ElementsAre("b"));
  EXPECT_THAT(kept({"/src/a"}, "/", {"a", "src"}), ElementsAre("a", "src"));
  EXPECT_THAT(kept({"x/**/y"}, "/x/z", {"x", "y"}), ElementsAre("x"));
  EXPECT_THAT(kept({}, "/", {"a"}), ElementsAre("a"));
}

TEST(PatternList, RemovesAllBelowAMatch) {
  EXPECT_THAT(kept({"src"}, "/home/src/x", {"a", "b"}), IsEmpty());
  EXPECT_THAT(kept({"src/x"}, "/home/src/x", {"a", "b"}), IsEmpty());
  EXPECT_THAT(kept({"/home"}, "/home", {"a"}), IsEmpty());
}

TEST(PatternList, EmptyPatternsMatchNothing) {
  const std::vector<PatternSource> sources = {{"--exclude", {"", ""}}};
  EXPECT_TRUE(PatternList(sources, LetterCase::kMatters).empty());
  EXPECT_THAT(kept({"", "b"}, "/", {"a", "b"}), ElementsAre("a"));
}

TEST(PatternList, ANegatedPatternTakesBackWhatCameBeforeIt) {
  EXPECT_THAT(kept({"f", "!b/f"}, "/b", {"f", "g"}), ElementsAre("f", "g"));
  EXPECT_THAT(kept({"f", "!b/f"}, "/a", {"f", "g"}), ElementsAre("g"));
  EXPECT_THAT(kept({"!b/f", "f"}, "/b", {"f", "g"}), ElementsAre("g"));
  EXPECT_THAT(kept({"*", "!x*", "xx"}, "/", {"a", "x", "xx"}), ElementsAre("x"));
  EXPECT_THAT(kept({"a", "!a/**"}, "/a", {"b"}), ElementsAre("b"));
  EXPECT_THAT(kept({"a", "!/a/b", "a/b"}, "/a/b", {"c"}), IsEmpty());
  EXPECT_THAT(kept({"!a"}, "/", {"a", "b"}), ElementsAre("a", "b"));
  EXPECT_THAT(kept({"a", "!a", "a/b/c"}, "/a/b", {"c", "d"}), ElementsAre("d"));
}

PatternList::Inclusion included(const std::vector<std::string>& patterns, std::string_view path) {
  const std::vector<PatternSource> sources = {{"--include", patterns}};
  return PatternList(sources, LetterCase::kMatters).includes(path);
}

TEST(PatternList, IncludesWhatItMatchesAndLeadsThere) {
  EXPECT_TRUE(included({"/a/b"}, "/a/b").item);
  EXPECT_TRUE(included({"/a/b"}, "/a/b/c").item);
  EXPECT_FALSE(included({"/a/b"}, "/a").item);
  EXPECT_TRUE(included({"/a/b"}, "/a").below);
  EXPECT_TRUE(included({"/a/b"}, "/a/b/c").below);
  EXPECT_FALSE(included({"/a/b"}, "/b").below);
  EXPECT_FALSE(included({"/a/b"}, "/a/c").below);
  EXPECT_TRUE(included({"b"}, "/a/c").below);  // anywhere
  EXPECT_TRUE(included({"/a/**/b"}, "/a/c/d").below);
  EXPECT_FALSE(included({"/a/**/b"}, "/c/d").below);
  EXPECT_TRUE(included({"/x", "/a/*/c"}, "/a/b").below);
}

TEST(PatternList, TakesBackInclusions) {
  EXPECT_FALSE(included({"*", "!a"}, "/a").item);
  EXPECT_FALSE(included({"*", "!a"}, "/a").below);
  EXPECT_TRUE(included({"*", "!a"}, "/b").item);
  EXPECT_TRUE(included({"*", "!a", "a"}, "/a").item);
}

TEST(PatternList, IgnoresTheCaseOfAllLetters) {
  EXPECT_THAT(kept_ignoring_case({"*.JPG"}, "/", {"A.jpg", "b.JpG", "c.png"}),
              ElementsAre("c.png"));
  EXPECT_THAT(kept_ignoring_case({"ÄÖ*"}, "/", {"äö", "ÄÖ.TXT", "ao"}), ElementsAre("ao"));
  EXPECT_THAT(kept_ignoring_case({"/HOME/me"}, "/Home", {"ME", "you"}), ElementsAre("you"));
  EXPECT_THAT(kept_ignoring_case({"[A-C]"}, "/", {"b", "B", "d"}), ElementsAre("d"));
}

TEST(PatternList, WithoutCaseInvalidBytesAreEqual) {
  EXPECT_THAT(kept_ignoring_case({"x\xff"}, "/", {"x\xfe", "X\xff", "xy"}), ElementsAre("xy"));
  EXPECT_THAT(kept({"x\xff"}, "/", {"x\xfe", "x\xff"}), ElementsAre("x\xfe"));
}

TEST(PatternList, ShowsAMalformedPatternAsItWasTyped) {
  const std::vector<PatternSource> sources = {{"--iexclude", {"[ABC"}}};
  EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "--iexclude: \"[ABC\"",
                               [&] { PatternList(sources, LetterCase::kIgnored); }));
}

TEST(LowerCase, IsThatOfUnicode) {
  EXPECT_EQ(lower_case("AZ az [@`{ 09"), "az az [@`{ 09");
  EXPECT_EQ(lower_case("ÀÖØÞ×ß"), "àöøþ×ß");
  EXPECT_EQ(lower_case("ĀāĂă"), "āāăă");
  EXPECT_EQ(lower_case("İ"), "i");
  EXPECT_EQ(lower_case("Ÿ"), "ÿ");
  EXPECT_EQ(lower_case("ΑΣΩς"), "ασως");
  EXPECT_EQ(lower_case("ЁЖ"), "ёж");
  EXPECT_EQ(lower_case("ẞ"), "ß");
  EXPECT_EQ(lower_case("\u212a\u212b"), "k\u00e5");
  EXPECT_EQ(lower_case("Ǆǅǆ"), "ǆǆǆ");
  EXPECT_EQ(lower_case("Ⱥ"), "ⱥ");
  EXPECT_EQ(lower_case("\U00010400\U0001e921"), "\U00010428\U0001e943");
  EXPECT_EQ(lower_case("日本 \U0001f600"), "日本 \U0001f600");
  EXPECT_EQ(lower_case("\xff\xc3"), "\ufffd\ufffd");
}

}  // namespace
}  // namespace snapfs
