// Going down component by component says what the whole path says, with few states.
#include "fs/pattern/pattern_walk.h"

#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

PatternList list_of(const std::vector<std::string>& patterns,
                    LetterCase letter_case = LetterCase::kMatters) {
  const std::vector<PatternSource> sources = {{"--exclude", patterns}};
  return {sources, letter_case};
}

template <std::size_t N>
std::string_view any_of(std::mt19937& random, const std::string_view (&words)[N]) {
  return words[random() % N];
}

/// Of few letters, so that much of it matches.
std::string random_pattern(std::mt19937& random) {
  constexpr std::string_view kParts[] = {"a", "b", "*", "**", "**", "[ab]", "c", "a*"};
  std::string pattern = random() % 5 == 0 ? "!" : "";
  if (random() % 2 == 0) pattern += '/';
  const std::size_t parts = 1 + random() % 5;
  for (std::size_t i = 0; i < parts; ++i) {
    if (i > 0) pattern += '/';
    pattern += any_of(random, kParts);
  }
  return pattern;
}

TEST(PatternWalk, SaysOfEveryPathWhatTheListSays) {
  constexpr std::string_view kNames[] = {"a", "b", "c", "ab"};
  std::mt19937 random(1);
  for (int round = 0; round < 4000; ++round) {
    std::vector<std::string> patterns(1 + random() % 3);
    for (std::string& pattern : patterns) pattern = random_pattern(random);
    const PatternList list = list_of(patterns);
    const PatternWalk walk({list});
    for (int i = 0; i < 8; ++i) {
      PatternWalk::State state = PatternWalk::kRoot;
      std::string path = "/";
      for (std::size_t depth = 0; depth < 9; ++depth) {
        const PatternList::Inclusion expected = list.includes(path);
        const PatternList::Inclusion found = walk.verdict(state);
        ASSERT_EQ(found.item, expected.item)
            << path << " of " << ::testing::PrintToString(patterns);
        ASSERT_EQ(found.below, expected.below)
            << "below " << path << " of " << ::testing::PrintToString(patterns);
        const std::string_view name = any_of(random, kNames);
        if (depth > 0) path += '/';
        path += name;
        const PatternList::Inclusion ahead = walk.verdict(state, name);
        state = walk.below(state, name);
        EXPECT_EQ(ahead.item, walk.verdict(state).item);
        EXPECT_EQ(ahead.below, walk.verdict(state).below);
      }
    }
  }
}

TEST(PatternWalk, HasFewStatesHoweverManyPathsThereAre) {
  const PatternWalk walk({list_of({"*.o", "/src/**/tmp", "a/b/c", "a/**/b/**/c", "!keep"})});
  constexpr std::string_view kNames[] = {"a", "b", "c", "src", "x.o", "keep", "other"};
  std::mt19937 random(1);
  for (int path = 0; path < 300; ++path) {
    PatternWalk::State state = PatternWalk::kRoot;
    for (int depth = 0; depth < 60; ++depth) state = walk.below(state, any_of(random, kNames));
  }
  EXPECT_LT(walk.state_count(), 500U);
}

TEST(PatternWalk, GoesByNamesOnlyWhereThePatternHasNoSlash) {
  const PatternWalk walk({list_of({"*.o", "core"})});
  EXPECT_EQ(walk.below(PatternWalk::kRoot, "a"), PatternWalk::kRoot);
  EXPECT_EQ(walk.below(walk.below(PatternWalk::kRoot, "a"), "b"), PatternWalk::kRoot);
}

TEST(PatternWalk, TakesSeveralListsTogether) {
  const PatternWalk walk(
      {list_of({"a"}), list_of({"B/*"}, LetterCase::kIgnored), list_of({"!a", "c"})});
  EXPECT_TRUE(walk.verdict(PatternWalk::kRoot, "a").item);
  EXPECT_FALSE(walk.verdict(PatternWalk::kRoot, "b").item);
  EXPECT_TRUE(walk.verdict(walk.below(PatternWalk::kRoot, "b"), "X").item);
  EXPECT_TRUE(walk.verdict(PatternWalk::kRoot, "c").item);
}

}  // namespace
}  // namespace snapfs
