// What is counted, and each directory read once.
#include "fs/look/stats.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_symlink;

class StatsTest : public ::testing::Test {
 protected:
  Id tree_of(std::vector<Node> nodes) {
    const Id tree = maker_.add_tree(std::move(nodes));
    maker_.flush();
    return tree;
  }

  Node linked_file(std::string name, std::uint64_t inode) {
    Node node = maker_.make_file(std::move(name), {"four"});
    node.links = 2;
    node.inode = inode;
    return node;
  }

  Repository& repository() { return maker_.repository(); }

  MemoryBackend memory_;
  snapfs::test::FaultBackend backend_{memory_};
  test::RepositoryMaker maker_{backend_};
};

TEST_F(StatsTest, RestoreSizeCountsEveryPathButLinkedBytesOnce) {
  const Id shared = tree_of({maker_.make_file("a", {"12345"}), linked_file("b", 1)});
  const Id root = tree_of({make_directory("one", shared), make_directory("two", shared),
                           linked_file("again", 1), linked_file("other", 2),
                           linked_file("unnumbered", 0), make_symlink("link", "x")});
  const std::vector<Id> once = {root};
  EXPECT_EQ(restore_size(repository(), once, {}), (RestoreSize{10, 5 + 5 + 4 + 4 + 4}));
  const std::vector<Id> twice = {root, root};
  EXPECT_EQ(restore_size(repository(), twice, {}), (RestoreSize{20, 44}));
}

TEST_F(StatsTest, EqualContentsAreOne) {
  const Id root = tree_of({maker_.make_file("a", {"one", "two"}),
                           maker_.make_file("b", {"one", "two"}), maker_.make_file("c", {"one"}),
                           maker_.make_file("empty", {}), make_symlink("link", "x")});
  const std::vector<Id> roots = {root};
  EXPECT_EQ(unique_contents(repository(), roots, {}), (RestoreSize{3, 9}));
}

TEST_F(StatsTest, BlobsOfVersionsOfAFileCountOnce) {
  const Id before =
      tree_of({maker_.make_file("a", {"one", "two"}), maker_.make_file("copy", {"one", "two"})});
  const Id after =
      tree_of({maker_.make_file("a", {"one", "three"}), maker_.make_file("b", {"one"})});
  const std::vector<Id> roots = {before, after};
  EXPECT_EQ(blobs_per_file(repository(), roots, {}), (BlobsPerFile{2, 4, 3 + 3 + 5 + 3}));
}

TEST_F(StatsTest, RawDataCountsBlobsInUse) {
  maker_.add_data("of no use");
  const Id root = tree_of({maker_.make_file("a", {"one"}), maker_.make_file("b", {"one", "two"})});
  const std::vector<Id> roots = {root, root};
  const RawData data = raw_data(repository(), roots, {});
  EXPECT_EQ(data.blobs, 3U);
  EXPECT_GT(data.bytes, 0U);
}

TEST_F(StatsTest, ReadsEveryDirectoryOnce) {
  std::vector<Id> roots;
  const Id shared = tree_of({make_directory("d", tree_of({maker_.make_file("x", {"x"})}))});
  for (int i = 0; i < 10; ++i) {
    roots.push_back(tree_of({make_directory("s", shared), make_symlink(std::to_string(i), "x")}));
  }
  const snapfs::test::CallFilter calls{snapfs::test::BackendCall::kLoad, FileKind::kPack};
  for (const auto count : {&restore_size, &unique_contents}) {
    const std::size_t before = backend_.ended(calls);
    count(repository(), roots, {});
    EXPECT_LE(backend_.ended(calls) - before, roots.size() + 2);
  }
  const std::size_t before = backend_.ended(calls);
  blobs_per_file(repository(), roots, {});
  EXPECT_LE(backend_.ended(calls) - before, roots.size() + 2);
}

TEST_F(StatsTest, SumsThatDoNotFitAreTheLargestNumber) {
  constexpr std::uint64_t kMost = UINT64_MAX;
  Node huge = maker_.make_file("huge", {"x"});
  huge.size = kMost;
  Node linked = linked_file("linked", 1);
  linked.size = kMost;
  Node other = linked_file("other", 2);
  other.size = kMost;
  const std::vector<Id> roots = {tree_of({huge, linked, other, maker_.make_file("one", {"y"})})};
  EXPECT_EQ(restore_size(repository(), roots, {}), (RestoreSize{4, kMost}));
  EXPECT_EQ(unique_contents(repository(), roots, {}).bytes, kMost);
}

// 41 trees, and 2^40 paths: none of the ways to count goes through them.
TEST_F(StatsTest, CountsDirectoriesThatAreReachedByAnyNumberOfPaths) {
  Id tree = tree_of({maker_.make_file("a", {"12345"})});
  for (int i = 0; i < 40; ++i) {
    tree = tree_of({make_directory("l", tree), make_directory("r", tree)});
  }
  const std::vector<Id> roots = {tree};
  EXPECT_EQ(restore_size(repository(), roots, {}).bytes, std::uint64_t{5} << 40);
  EXPECT_EQ(unique_contents(repository(), roots, {}).bytes, 5U);
  EXPECT_EQ(blobs_per_file(repository(), roots, {}), (BlobsPerFile{1, 1, 5}));
  EXPECT_EQ(raw_data(repository(), roots, {}).blobs, 42U);
}

}  // namespace
}  // namespace snapfs
