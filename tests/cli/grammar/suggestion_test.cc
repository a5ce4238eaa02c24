// What is taken for a slip of the hand.
#include "cli/grammar/suggestion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Suggestion, CountsSlips) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("mount", "mount"), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("mount", "umount"), 1U);
  EXPECT_EQ(edit_distance("mount", "monut"), 1U);  // two neighbours swapped
  EXPECT_EQ(edit_distance("mount", "moumt"), 1U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
}

TEST(Suggestion, NearestFirstAndNothingFarFetched) {
  const std::vector<std::string> commands = {"snapshot", "snapshots", "stats", "ls",
                                             "mount",    "umount",    "log",   "list"};
  EXPECT_THAT(similar_words("snapshto", commands), ElementsAre("snapshot", "snapshots"));
  EXPECT_THAT(similar_words("snap", commands), ElementsAre("snapshot", "snapshots"));
  EXPECT_THAT(similar_words("monut", commands), ElementsAre("mount", "umount"));
  EXPECT_THAT(similar_words("lst", commands), ElementsAre("list", "ls"));
  EXPECT_THAT(similar_words("verison", {"version", "verify", "version"}), ElementsAre("version"));
  EXPECT_THAT(similar_words("xy", commands), IsEmpty());
  EXPECT_THAT(similar_words("destroy", commands), IsEmpty());
  EXPECT_THAT(similar_words("", commands), IsEmpty());
}

}  // namespace
}  // namespace snapfs
