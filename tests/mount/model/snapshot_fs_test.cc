// Inodes and attributes of a repository, without a kernel.
#include <sys/stat.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/mount/model/snapshot_fs_scene.h"

namespace snapfs::test {
namespace {

TEST_F(SnapshotFsTest, InodeNumbersAreTheSameInEveryMountAndAscendByName) {
  Node link = maker_.make_file("link", {"content"});
  link.links = 2;
  std::vector<Node> nodes = {maker_.make_file("b", {"2"}), maker_.make_file("a", {"1"}), link};
  const Id inner = maker_.add_tree(nodes);
  nodes.push_back(make_directory("d", inner));
  nodes.push_back(make_directory("e", inner));
  const Snapshot snapshot =
      maker_.add_snapshot(maker_.add_tree(nodes), "2026-01-01T00:00:00Z", "host", {"tag"});
  const std::vector<std::vector<std::string>> paths = {
      {"d"}, {"a"}, {"b"}, {"link"}, {"d", "a"}, {"d", "b"}, {"d", "link"}, {"e", "a"}, {"e", "b"}};
  const std::vector<std::vector<std::string>> places = {
      {"ids", snapshot.id.short_hex()}, {"tags", "tag", "2026-01-01T00:00:00Z"}, {"ids"}, {"tags"}};
  const auto numbers_of = [&](const Ino root, const auto& wanted) {
    std::vector<InodeNumber> numbers;
    for (const auto& path : wanted) numbers.push_back(find(path, root)->attributes.inode);
    return numbers;
  };
  const auto inside = numbers_of(root_of(snapshot), paths);
  const auto virtual_ones = numbers_of(kRootIno, places);
  EXPECT_LT(inside[1], inside[2]);
  EXPECT_LT(inside[4], inside[5]);
  EXPECT_EQ(inside[3], inside[6]) << "a hard link";
  EXPECT_EQ(std::set(inside.begin(), inside.end()).size(), inside.size() - 1);
  EXPECT_EQ(std::set(virtual_ones.begin(), virtual_ones.end()).size(), virtual_ones.size());

  fs_.reset();  // the next mount is asked in another order
  EXPECT_EQ(numbers_of(ino(places[1]), std::vector(paths.rbegin(), paths.rend())),
            std::vector(inside.rbegin(), inside.rend()));
  EXPECT_EQ(numbers_of(kRootIno, places), virtual_ones);
}

TEST_F(SnapshotFsTest, InodeNumbersOfTwoSnapshotsDiffer) {
  Node link = maker_.make_file("link", {"content"});
  link.links = 2;
  const Id tree = maker_.add_tree({link, maker_.make_file("f", {"x"})});
  const Ino first = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  const Ino second = root_of(maker_.add_snapshot(tree, "2026-01-02T00:00:00Z"));
  for (const char* name : {"link", "f"}) {
    EXPECT_NE(find({name}, first)->attributes.inode, find({name}, second)->attributes.inode);
  }
}

TEST_F(SnapshotFsTest, NumbersOfADirectoryAscendByName) {
  const Id tree = maker_.add_tree(
      {maker_.make_file("b", {"2"}), maker_.make_file("a", {"1"}), maker_.make_file("c", {"3"})});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  const Ino first = ino({"a"}, root);
  EXPECT_EQ(ino({"b"}, root), first + 1);
  EXPECT_EQ(ino({"c"}, root), first + 2);
  EXPECT_EQ(fs().entry(first + 2).attributes.size, 1U);
}

TEST_F(SnapshotFsTest, OneTreeAtTwoPlacesHasTwoSetsOfInodes) {
  const Id inner = maker_.add_tree({maker_.make_file("f", {"x"})});
  const Id tree = maker_.add_tree({make_directory("d1", inner), make_directory("d2", inner)});
  const Snapshot first = maker_.add_snapshot(tree, "2026-01-01T00:00:00Z");
  const Snapshot second = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");
  const Ino a = ino({"d1", "f"}, root_of(first));
  const Ino b = ino({"d2", "f"}, root_of(first));
  const Ino c = ino({"d1", "f"}, root_of(second));
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  EXPECT_NE(b, c);
}

TEST_F(SnapshotFsTest, HardLinksShareAnInodeWithinASnapshotAndNeverAcrossTwo) {
  Node link = maker_.make_file("one", {"content"});
  link.links = 2;
  Node other = link;
  other.name = "two";
  const Id inner = maker_.add_tree({other});
  const Id tree = maker_.add_tree({link, make_directory("sub", inner)});
  const Snapshot first = maker_.add_snapshot(tree, "2026-01-01T00:00:00Z");
  const Snapshot second = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");

  const Ino shared = ino({"one"}, root_of(first));
  EXPECT_EQ(ino({"sub", "two"}, root_of(first)), shared);
  EXPECT_EQ(fs().entry(shared).attributes.links, 2U);
  EXPECT_NE(ino({"one"}, root_of(second)), shared);
  EXPECT_EQ(ino({"one"}, root_of(second)), ino({"sub", "two"}, root_of(second)));
}

TEST_F(SnapshotFsTest, LinksThatShowDifferentThingsDoNotShareAnInode) {
  Node link = maker_.make_file("one", {"before"});
  Node other = maker_.make_file("two", {"after the change"});
  link.links = other.links = 2;
  const Ino root =
      root_of(maker_.add_snapshot(maker_.add_tree({link, other}), "2026-01-01T00:00:00Z"));
  EXPECT_NE(ino({"one"}, root), ino({"two"}, root));
  EXPECT_EQ(text_of(fs().read(ino({"two"}, root), 0, 100)), "after the change");
}

TEST_F(SnapshotFsTest, AttributesAreTheNodes) {
  Node file = maker_.make_file("file", {"12345"});
  file.permissions = 04751;
  file.mtime = {-1, 500'000'000};
  file.atime = {253'402'300'799, 999'999'999};
  Node device = make_node("device", NodeType::kBlockDevice);
  device.device = 1'227'949'024;  // 259:300000
  Node fifo = make_node("fifo", NodeType::kFifo);
  fifo.links = 0;
  const Ino root =
      root_of(maker_.add_snapshot(maker_.add_tree({file, device, fifo}), "2026-01-01T00:00:00Z"));

  const Attributes shown = find({"file"}, root)->attributes;
  EXPECT_EQ(shown.mode, S_IFREG | 04751U);
  EXPECT_EQ(shown.uid, 1000U);
  EXPECT_EQ(shown.gid, 1001U);
  EXPECT_EQ(shown.size, 5U);
  EXPECT_EQ(shown.blocks, 1U);
  EXPECT_EQ(shown.mtime, (Timestamp{-1, 500'000'000}));
  EXPECT_EQ(shown.atime, (Timestamp{253'402'300'799, 999'999'999}));
  EXPECT_EQ(find({"device"}, root)->attributes.device, 1'227'949'024U);
  EXPECT_EQ(find({"device"}, root)->attributes.mode, S_IFBLK | 0644U);
  EXPECT_EQ(find({"fifo"}, root)->attributes.links, 1U);
}

TEST_F(SnapshotFsTest, DirectoriesCountOneLinkBeforeAndAfterListing) {
  const Id empty = maker_.add_tree({});
  const Id inner = maker_.add_tree({make_directory("x", empty)});
  const Id tree = maker_.add_tree({make_directory("d", inner)});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  const Ino directory = ino({"d"}, root);
  EXPECT_EQ(fs().entry(directory).attributes.links, 1U);
  EXPECT_EQ(fs().open_directory(directory)->size(), 1U);
  EXPECT_EQ(fs().entry(directory).attributes.links, 1U);
}

TEST_F(SnapshotFsTest, SnapshotRootHasItsTimeAndItsPlaceAsParent) {
  const Snapshot snapshot = maker_.add_snapshot(maker_.add_tree({}), "2026-01-01T00:00:00.5Z");
  const Entry root = find({"snapshots", "2026-01-01T00:00:00Z"}).value();
  EXPECT_EQ(root.attributes.mode, S_IFDIR | 0755U);
  EXPECT_EQ(root.attributes.mtime, snapshot.time.instant);
  EXPECT_EQ(fs().open_directory(root.ino)->parent(), find({"snapshots"})->attributes.inode);
  EXPECT_EQ(fs().lookup(root.ino, "..")->ino, ino({"snapshots"}));
  EXPECT_EQ(fs().lookup(root.ino, ".")->ino, root.ino);
  EXPECT_EQ(fs().read_link(ino({"snapshots", "latest"})), "2026-01-01T00-00-00Z");
}

TEST_F(SnapshotFsTest, DotDotInsideASnapshotIsTheTrueParent) {
  const Id inner = maker_.add_tree({make_directory("e", maker_.add_tree({}))});
  const Id tree = maker_.add_tree({make_directory("d", inner)});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  EXPECT_EQ(fs().lookup(ino({"d", "e"}, root), "..")->ino, ino({"d"}, root));
  EXPECT_EQ(fs().lookup(ino({"d"}, root), "..")->ino, root);
}

TEST_F(SnapshotFsTest, ExtendedAttributesAreListedAndReadVerbatim) {
  Node file = maker_.make_file("f", {"x"});
  const std::string_view value("a\0b", 3);
  file.extended_attributes = {{"user.z", Bytes(value.begin(), value.end())}, {"user.empty", {}}};
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  const Ino ino_of_file = ino({"f"}, root);
  EXPECT_EQ(fs().extended_attribute_names(ino_of_file), std::string("user.z\0user.empty\0", 18));
  EXPECT_EQ(as_text(fs().extended_attribute(ino_of_file, "user.z").value()), value);
  EXPECT_TRUE(fs().extended_attribute(ino_of_file, "user.empty").value().empty());
  EXPECT_FALSE(fs().extended_attribute(ino_of_file, "user.absent"));
  EXPECT_TRUE(fs().extended_attribute_names(kRootIno).empty());
}

TEST_F(SnapshotFsTest, NumbersThatWereNeverGivenOutAreStale) {
  maker_.add_snapshot(maker_.add_tree({}), "2026-01-01T00:00:00Z");
  EXPECT_THROW(fs().entry(0), StaleInode);
  EXPECT_THROW(fs().entry(kFirstTreeIno - 1), StaleInode);
  EXPECT_THROW(fs().entry(kFirstTreeIno + 1000), StaleInode);
  EXPECT_THROW(fs().read(kFirstTreeIno, 0, 1), StaleInode);
}

TEST_F(SnapshotFsTest, WrongKindOfInodeIsRefused) {
  const Id tree = maker_.add_tree({maker_.make_file("f", {"x"}), make_symlink("l", "f")});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  EXPECT_EQ(fs().read_link(ino({"l"}, root)), "f");
  EXPECT_THROW(fs().read_link(ino({"f"}, root)), Error);
  EXPECT_THROW(fs().read(root, 0, 1), Error);
  EXPECT_THROW(fs().open_directory(ino({"f"}, root)), Error);
  EXPECT_THROW(fs().lookup(ino({"f"}, root), "x"), Error);
}

TEST_F(SnapshotFsTest, ThreadsAgreeOnInodesAndContent) {
  const Node file = maker_.make_file("f", {"abc", "def"});
  const Id tree = maker_.add_tree({make_directory("d", maker_.add_tree({file}))});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  std::vector<Ino> inos(8);
  std::vector<std::string> contents(inos.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < inos.size(); ++i) {
      threads.emplace_back([&, i] {
        inos[i] = fs().lookup(fs().lookup(root, "d")->ino, "f")->ino;
        contents[i] = text_of(fs().read(inos[i], 1, 4));
      });
    }
  }
  EXPECT_THAT(inos, ::testing::Each(inos.front()));
  EXPECT_THAT(contents, ::testing::Each("bcde"));
}

}  // namespace
}  // namespace snapfs::test
