// changed/A..B, without a kernel.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mount/model/changed_part.h"
#include "mount/model/changed_trees.h"
#include "tests/mount/model/views_scene.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ChangedTest : public ViewsTest {
 protected:
  void SetUp() override {
    Node touched = file("touched", "same");
    Node later = touched;
    later.mtime.seconds += 1;
    Node reread = file("reread", "same");
    Node again = reread;
    again.atime.seconds += 1;
    again.ctime.seconds += 1;
    again.inode += 1;
    again.links = 7;
    Node moved = directory("own", {file("x", "x")});
    Node moved_later = moved;
    moved_later.permissions = 0700;
    first_ = snapshot(
        "2026-11-01T10:00:00Z",
        {touched, reread, moved, file("gone", "1"), file("edited", "1"),
         directory("same", {file("x", "x")}), directory("removed", {file("y", "y")}),
         directory("inner", {file("a", "1"), file("b", "1"), directory("deep", {file("z", "1")})}),
         directory("quiet", {reread}), directory("becomes", {file("p", "p"), file("q", "q")}),
         file("was", "a file")});
    second_ = snapshot("2026-11-02T10:00:00Z",
                       {later, again, moved_later, file("edited", "2"), file("added", "2"),
                        directory("same", {file("x", "x")}),
                        directory("inner", {file("a", "2"), file("b", "1"), directory("deep", {})}),
                        directory("quiet", {again}), file("becomes", "a file"),
                        directory("was", {file("r", "r")})});
  }

  Snapshot first_;
  Snapshot second_;
};

TEST_F(ChangedTest, ShowsWhatDiffersAndNothingElse) {
  const std::string pair = first_.id.short_hex() + ".." + second_.id.short_hex();
  EXPECT_THAT(list({"changed", pair}),
              ElementsAre("added", "becomes", "edited", "inner", "own", "touched", "was"));
  EXPECT_THAT(list({"changed", pair, "inner"}), ElementsAre("a"));
  EXPECT_THAT(list({"changed", pair, "own"}), IsEmpty());
  EXPECT_THAT(list({"changed", pair, "was"}), ElementsAre("r"));
  EXPECT_EQ(read({"changed", pair, "inner", "a"}), "2");
  EXPECT_EQ(read({"changed", pair, "becomes"}), "a file");
  EXPECT_EQ(find({"changed", pair, "own"})->attributes.mode & 07777, 0700U);
  EXPECT_FALSE(find({"changed", pair, "same"}));
  EXPECT_FALSE(find({"changed", pair, "inner", "b"}));
  EXPECT_THAT(list({"changed"}), IsEmpty());
}

TEST_F(ChangedTest, DeletionsAreInAFileThatIsNotListed) {
  const std::string pair = "2026-11-01..2026-11-02";
  EXPECT_EQ(read({"changed", pair, ".deleted"}),
            "gone\nremoved\ninner/deep/z\nbecomes/p\nbecomes/q\n");
  EXPECT_EQ(read({"changed", pair, ".deleted0"}),
            std::string("gone\0removed\0inner/deep/z\0becomes/p\0becomes/q\0", 46));
  EXPECT_EQ(read({"changed", "latest..latest", ".deleted"}), "");
  EXPECT_FALSE(find({"changed", pair, "inner", ".deleted"}));
  EXPECT_FALSE(find({"at", "now", ".deleted"}));
}

TEST_F(ChangedTest, BackwardsIsARollback) {
  const std::string pair = "latest.." + first_.id.hex();
  EXPECT_THAT(list({"changed", pair}), ElementsAre("becomes", "edited", "gone", "inner", "own",
                                                   "removed", "touched", "was"));
  EXPECT_EQ(read({"changed", pair, "edited"}), "1");
  EXPECT_EQ(read({"changed", pair, "was"}), "a file");
  EXPECT_THAT(list({"changed", pair, "inner", "deep"}), ElementsAre("z"));
  EXPECT_EQ(read({"changed", pair, ".deleted"}), "added\nwas/r\n");
}

TEST_F(ChangedTest, NamesThatAreNoPairAreNotThere) {
  for (const char* name : {"latest", "latest..", "..latest", "latest..nonsense",
                           "2026-10-31..latest", "latest..0123456789", "a..b..c"}) {
    EXPECT_FALSE(find({"changed", name})) << name;
  }
  EXPECT_TRUE(find({"changed", "3w-ago..now"}));
  EXPECT_THAT(list({"changed", "latest..latest"}), IsEmpty());
}

TEST_F(ChangedTest, SubtreesThatAreTheSameAreNotRead) {
  const Node big = directory("big", {file("x", "never looked at")});
  snapshot("2026-11-03T10:00:00Z", {big, file("f", "1")});
  snapshot("2026-11-04T10:00:00Z", {big, file("f", "2")});
  maker_.damage({BlobType::kTree, *big.subtree});
  EXPECT_THAT(list({"changed", "2026-11-03..2026-11-04"}), ElementsAre("f"));
  EXPECT_EQ(read({"changed", "2026-11-03..2026-11-04", ".deleted"}), "");
}

TEST_F(ChangedTest, ALongListOfDeletionsIsMadeOnce) {
  reader_ = maker_.open();
  reader_->load_index({});
  const ZeroBlobs zeros;
  TreeCache trees(*reader_, {reader_->index(), zeros}, 1 << 20);
  ChangedTrees changed(trees, 1 << 20);
  VirtualTree tree;
  View view;
  view.snapshots = {first_, second_};
  view.directories[""];
  tree.replace(std::move(view), {});
  ChangedPart part(tree, changed, clock_, zone_, {}, /*list_bytes=*/10);
  const auto find = [&](const VirtualNode& directory, const char* name) {
    return part.lookup(directory, name).value().node;
  };
  const auto pair = find(*tree.find(kRootIno), "2026-11-01..2026-11-02");
  const auto list = find(*pair, ".deleted");
  ASSERT_GT(list->size, 10U);
  EXPECT_EQ(part.content(*list), part.content(*list)) << "the same bytes";
  EXPECT_NE(part.content(*list), part.content(*find(*pair, ".deleted0")));
}

TEST(ChangedTrees, ASizeThatContradictsTheContentDoesNotCount) {
  Node node;
  node.type = NodeType::kFile;
  node.content.resize(2);
  Node other = node;
  other.size = 17;
  EXPECT_TRUE(shows_the_same(node, other));
  other.content.pop_back();
  EXPECT_FALSE(shows_the_same(node, other));
}

TEST_F(ChangedTest, AFileOfTheSnapshotsOwnNamedDeletedIsShown) {
  snapshot("2026-11-03T10:00:00Z", {file(".deleted", "mine")});
  EXPECT_EQ(read({"changed", "2026-11-02..2026-11-03", ".deleted"}), "mine");
}

}  // namespace
}  // namespace snapfs::test
