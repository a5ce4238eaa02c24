// Lists of snapshots, for people and for programs.
#include "cli/output/snapshot_table.h"

#include <gtest/gtest.h>

#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::numbered_id;

Snapshot make_snapshot() {
  Snapshot snapshot;
  snapshot.id = numbered_id(1);
  snapshot.tree = numbered_id(2);
  snapshot.hostname = "web";
  snapshot.paths = {"/etc", "/srv"};
  snapshot.tags = {"a", "b"};
  return snapshot;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(SnapshotTable, SizesAreAColumnWhenOneIsKnown) {
  Snapshot snapshot = make_snapshot();
  EXPECT_FALSE(contains(snapshot_table(std::vector{snapshot}, TableStyle::kFull), "Size"));
  snapshot.summary.emplace().total_bytes_processed = 2048;
  const std::string text = snapshot_table({make_snapshot(), snapshot}, TableStyle::kFull);
  EXPECT_TRUE(contains(text, "2.000 KiB"));
  EXPECT_TRUE(contains(text, "\n2 snapshots\n"));
}

TEST(SnapshotTable, CompactOneHasNeitherPathsNorReasons) {
  const std::vector<KeptSnapshot> kept = {{make_snapshot(), {"last snapshot"}}};
  const std::string full = snapshot_table(kept, TableStyle::kFull);
  EXPECT_TRUE(contains(full, "a,b"));
  EXPECT_TRUE(contains(full, "last snapshot"));
  EXPECT_TRUE(contains(full, "/srv"));
  const std::string compact = snapshot_table(kept, TableStyle::kCompact);
  EXPECT_FALSE(contains(compact, "a,b"));
  EXPECT_FALSE(contains(compact, "last snapshot"));
  EXPECT_FALSE(contains(compact, "/srv"));
  EXPECT_TRUE(contains(compact, "\n1 snapshots\n"));
}

TEST(SnapshotTable, JsonNamesTheSnapshot) {
  const std::string json = snapshots_json({make_snapshot(), make_snapshot()});
  EXPECT_TRUE(contains(json, R"("id":")" + numbered_id(1).hex() + '"'));
  EXPECT_TRUE(contains(json, R"("short_id":")" + numbered_id(1).short_hex() + R"("},{)"));
  EXPECT_EQ(snapshots_json({}), "[]");
}

TEST(SnapshotTable, ListsOfAKeyThatAreEmptyAreNull) {
  EXPECT_EQ(group_key_json({"web", {"/a", "/b"}, {}}),
            R"({"hostname":"web","paths":["/a","/b"],"tags":null})");
  EXPECT_EQ(json_texts_or_null({"\""}), R"(["\""])");
}

}  // namespace
}  // namespace snapfs
