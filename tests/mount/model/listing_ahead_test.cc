// What is on its way while a program goes through a tree, from storage far away: directories, and
// the files in those that it has not come to.
#include "mount/model/listing_ahead.h"

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/core_count.h"
#include "fs/repo/repository.h"
#include "mount/model/snapshot_fs.h"
#include "tests/support/repository_maker.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_symlink;

class ListingAheadTest : public ::testing::Test {
 protected:
  /// A directory of directories, named by letters; each has as many below it.
  Id make_tree(int levels, int width, const std::string& name) {
    std::vector<Node> nodes = {make_symlink("link", name)};
    for (int i = 0; levels > 0 && i < width; ++i) {
      const std::string below(1, static_cast<char>('a' + i));
      nodes.push_back(make_directory(below, make_tree(levels - 1, width, name + below)));
    }
    return maker_.add_tree(std::move(nodes));
  }

  /// Opens it as a program does that lists it.
  Ino open(SnapshotFs& fs, Ino parent, const std::string& name) {
    const Ino ino = fs.lookup(parent, name)->ino;
    fs.open_directory(ino);
    return ino;
  }

  static void wait_for(const SnapshotFs& fs, std::uint64_t prefetched) {
    while (fs.trees().counters().prefetched < prefetched) std::this_thread::yield();
  }

  MemoryBackend memory_;
  test::WaitingBackend storage_{
      memory_, StorageTraits{.requests = 32 + static_cast<unsigned>(core_count())}};
  test::RepositoryMaker maker_{storage_};
};

TEST_F(ListingAheadTest, WhatIsInTheNextDirectoriesComesBeforeTheyAreOpened) {
  const Snapshot snapshot = maker_.add_snapshot(make_tree(2, 3, ""), "2026-01-01T00:00:00Z");
  SnapshotFs fs(maker_.repository(), {}, {});
  const Ino root = open(fs, fs.lookup(kRootIno, "ids")->ino, snapshot.id.short_hex());
  open(fs, root, "a");
  wait_for(fs, 2 + 3);  // those beside it, and what is in it
  open(fs, root, "b");
  wait_for(fs, 2 + 3 + 3 + 3);  // what is in b, and in c, which nobody opened
  EXPECT_EQ(fs.trees().counters().misses, 2U) << "the root and a";
}

TEST_F(ListingAheadTest, WhoReadsADirectoryFindsTheFilesOfTheNextOnes) {
  const auto files = [&](const std::string& name) {
    std::vector<Node> nodes;
    for (const char* const number : {"1", "2", "3"}) {
      nodes.push_back(maker_.make_file(number, {name + number}));
    }
    return nodes;
  };
  const std::vector<Node> below = files("below");
  const std::vector<Node> next = files("next");
  std::vector<Node> first = files("first");
  first.push_back(make_directory("below", maker_.add_tree(below)));
  const Snapshot snapshot =
      maker_.add_snapshot(maker_.add_tree({make_directory("a", maker_.add_tree(first)),
                                           make_directory("b", maker_.add_tree(next))}),
                          "2026-01-01T00:00:00Z");
  SnapshotFs fs(maker_.repository(), {}, {});
  const Ino root = open(fs, fs.lookup(kRootIno, "ids")->ino, snapshot.id.short_hex());
  const Ino a = open(fs, root, "a");
  open(fs, root, "b");
  open(fs, a, "below");
  storage_.forget();
  fs.read(fs.lookup(a, "1")->ino, 0, 100);
  fs.read(fs.lookup(a, "2")->ino, 0, 100);
  for (const auto& nodes : {below, next}) {
    for (const Node& node : nodes) {
      while (!fs.is_cached(node.content[0])) std::this_thread::yield();
    }
  }
}

}  // namespace
}  // namespace snapfs
