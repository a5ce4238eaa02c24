// Which directories are on their way while a program goes through a tree, from storage far away.
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

}  // namespace
}  // namespace snapfs
