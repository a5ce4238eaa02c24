// Which snapshots belong together.
#include "fs/tree/snapshot_groups.h"

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

TEST(GroupBy, IsAListOfWords) {
  EXPECT_EQ(GroupBy::parse("host,paths"), (GroupBy{.host = true, .paths = true}));
  EXPECT_EQ(GroupBy::parse("tags,path,hosts,"),
            (GroupBy{.host = true, .paths = true, .tags = true}));
  EXPECT_EQ(GroupBy::parse(""), GroupBy{});
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "\" paths\"", [] { GroupBy::parse("host, paths"); }));
}

Snapshot snapshot(std::int64_t number, const std::string& host, std::vector<std::string> paths,
                  std::vector<std::string> tags = {}) {
  Snapshot made;
  made.time.instant.seconds = number;
  made.hostname = host;
  made.paths = std::move(paths);
  made.tags = std::move(tags);
  return made;
}

/// "1 3 | 2": the groups in order, each with its snapshots.
std::string grouped(std::string_view by) {
  const std::vector<Snapshot> snapshots = {
      snapshot(1, "b", {"/x", "/y"}, {"t"}), snapshot(2, "a", {"/x"}),
      snapshot(3, "b", {"/y", "/x"}, {"u", "t"}), snapshot(4, "b", {"/x"}, {"t", "u"})};
  std::string out;
  for (const SnapshotGroup& group : group_snapshots(snapshots, GroupBy::parse(by))) {
    if (!out.empty()) out += "| ";
    for (const Snapshot& member : group.snapshots) {
      out += std::to_string(member.time.instant.seconds) + ' ';
    }
  }
  return out;
}

TEST(SnapshotGroups, OrderOfPathsAndTagsDoesNotMatter) {
  EXPECT_EQ(grouped("host,paths"), "2 | 4 | 1 3 ");
  EXPECT_EQ(grouped("host"), "2 | 1 3 4 ");
  EXPECT_EQ(grouped("paths"), "2 4 | 1 3 ");
  EXPECT_EQ(grouped("tags"), "2 | 1 | 3 4 ");
  EXPECT_EQ(grouped(""), "1 2 3 4 ");
}

TEST(SnapshotGroups, MembersListTheirPathsInOrderAndTheTagsThatTheyAreGroupedBy) {
  const std::vector<Snapshot> one = {snapshot(1, "web", {"/y", "/x"}, {"u", "t"})};
  const std::vector<std::string> sorted_paths = {"/x", "/y"};
  const Snapshot by_tags = group_snapshots(one, GroupBy::parse("tags")).front().snapshots.front();
  EXPECT_EQ(by_tags.paths, sorted_paths);
  EXPECT_EQ(by_tags.tags, (std::vector<std::string>{"t", "u"}));
  const Snapshot by_none = group_snapshots(one, GroupBy::parse("")).front().snapshots.front();
  EXPECT_EQ(by_none.paths, sorted_paths);
  EXPECT_EQ(by_none.tags, (std::vector<std::string>{"u", "t"}));
}

TEST(SnapshotGroups, KeyIsShownAsFarAsItGroups) {
  const Snapshot one = snapshot(1, "web", {"/y", "/x"}, {});
  const auto text = [&](std::string_view words) {
    const GroupBy by = GroupBy::parse(words);
    return GroupKey::of(one, by).text(by);
  };
  EXPECT_EQ(text("host,paths"), "host web, paths /x /y");
  EXPECT_EQ(text("tags"), "no tags");
  EXPECT_EQ(text(""), "all snapshots");
}

}  // namespace
}  // namespace snapfs
