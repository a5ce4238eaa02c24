// Content, holes, and what is fetched ahead, without a kernel.
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/mount/model/snapshot_fs_scene.h"
#include "tests/support/fault_backend.h"

namespace snapfs::test {
namespace {

TEST_F(SnapshotFsTest, ReadsCrossBlobEdges) {
  const Node file = maker_.make_file("f", {"abc", "defgh", "i"});
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  const Ino ino_of_file = ino({"f"}, root);
  const std::string whole = "abcdefghi";
  for (std::size_t offset = 0; offset <= whole.size() + 1; ++offset) {
    for (std::size_t size = 0; size <= whole.size() + 1; ++size) {
      const std::string expected = offset < whole.size() ? whole.substr(offset, size) : "";
      EXPECT_EQ(text_of(fs().read(ino_of_file, offset, size)), expected) << offset << "+" << size;
    }
  }
}

TEST_F(SnapshotFsTest, ReadingInOrderFetchesTheNextBlobAhead) {
  const Node file = maker_.make_file("f", {"abcd", "efgh", "ijkl"});
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  const Ino ino_of_file = ino({"f"}, root);
  fs().read(ino_of_file, 0, 2);
  EXPECT_FALSE(fs().is_cached(file.content[1])) << "one read is not yet an order";
  fs().read(ino_of_file, 2, 2);
  while (!fs().is_cached(file.content[1])) std::this_thread::yield();
  EXPECT_FALSE(fs().is_cached(file.content[2])) << "the window begins with one";
}

TEST_F(SnapshotFsTest, ReadingFilesInOrderFetchesTheNextFilesAhead) {
  const Id tree =
      maker_.add_tree({maker_.make_file("a", {"1"}), maker_.make_file("b", {"2"}),
                       maker_.make_file("c", {"3"}), maker_.make_file("d", {"4", "5"})});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  fs().read(ino({"a"}, root), 0, 10);
  fs().read(ino({"b"}, root), 0, 10);
  while (fs().blobs().counters().prefetched < 3) std::this_thread::yield();
  EXPECT_EQ(text_of(fs().read(ino({"c"}, root), 0, 10)), "3");
  EXPECT_EQ(text_of(fs().read(ino({"d"}, root), 0, 10)), "45");
  EXPECT_EQ(fs().blobs().counters().misses, 2U);
}

TEST_F(SnapshotFsTest, WalkingDecodesTheNextDirectoriesAhead) {
  std::vector<Node> nodes;
  for (const char* name : {"a", "b", "c"}) {
    nodes.push_back(make_directory(name, maker_.add_tree({maker_.make_file(name, {name})})));
  }
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree(nodes), "2026-01-01T00:00:00Z"));
  fs().open_directory(root);
  EXPECT_EQ(fs().trees().counters().misses, 1U);
  fs().open_directory(ino({"a"}, root));
  while (fs().trees().counters().prefetched < 2) std::this_thread::yield();
  fs().open_directory(ino({"b"}, root));
  fs().open_directory(ino({"c"}, root));
  EXPECT_EQ(fs().trees().counters().misses, 2U);
}

TEST_F(SnapshotFsTest, WhatIsWarmedStaysAndLeadsToNothing) {
  constexpr std::size_t kBlob = 1000;
  const auto blob = [](char c) { return std::string(kBlob, c); };
  Node file = maker_.make_file("file", {blob('1'), blob('2'), blob('3')});
  const Node other = maker_.make_file("other", {blob('4')});
  const Node next = maker_.make_file("z", {blob('5')});
  const Ino root =
      root_of(maker_.add_snapshot(maker_.add_tree({file, other, next}), "2026-01-01T00:00:00Z"));
  // Room for two blobs, of which the one that was read in part is the older one.
  blob_cache_bytes_ = 2 * (kBlob + SharedCache<Id, Bytes>::kItemBytes) + kBlob / 2;
  fs_.reset();
  fs().read(ino({"other"}, root), 0, 10);
  const Warmed warmed = fs().warm(ino({"file"}, root), 0, 1);
  EXPECT_EQ(warmed.end, kBlob);
  EXPECT_EQ(warmed.loaded, kBlob);
  fs().read(ino({"z"}, root), 0, 10);
  EXPECT_TRUE(fs().is_cached(file.content[0])) << "not the first to go";
  EXPECT_FALSE(fs().is_cached(other.content[0]));
  EXPECT_EQ(fs().warm(ino({"file"}, root), kBlob, 10 * kBlob).end, 3 * kBlob);
  EXPECT_EQ(fs().warm(ino({"file"}, root), 3 * kBlob, 1).end, 3 * kBlob);
  EXPECT_LE(fs().blobs().counters().prefetched, 3U) << "what was warmed, and nothing else";
}

TEST_F(SnapshotFsTest, GuessesNeverFailARead) {
  const Id away = maker_.add_tree({maker_.make_file("a", {"1"})});
  const Snapshot snapshot = maker_.add_snapshot(
      maker_.add_tree({maker_.make_file("f", {"content"}), make_directory("d", away)}),
      "2026-01-01T00:00:00Z");
  refresh_interval_ = std::chrono::hours(1);
  tree_cache_bytes_ = 1;  // only the last directory is kept
  const Ino file = ino({"f"}, root_of(snapshot));
  EXPECT_EQ(text_of(fs().read(file, 0, 100)), "content");
  EXPECT_TRUE(find({"d", "a"}, root_of(snapshot)));
  faults_.fail({BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kIo, FaultBackend::kForever);
  EXPECT_THROW(fs().entry(file), Error) << "its directory is out of memory and of reach";
  EXPECT_EQ(text_of(fs().read(file, 0, 100)), "content");
}

TEST_F(SnapshotFsTest, SizeIsWhatTheBlobsAddUpTo) {
  Node file = maker_.make_file("f", {"abc", "def"});
  file.size = 1000;
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  EXPECT_EQ(find({"f"}, root)->attributes.size, 6U);
  EXPECT_EQ(text_of(fs().read(ino({"f"}, root), 4, 100)), "ef");
}

TEST_F(SnapshotFsTest, HolesTakeNoBlocksAndAreFound) {
  const std::string zeros(std::size_t{512} << 10, '\0');
  const std::string odd(100'001, '\0');
  const Node file = maker_.make_file("f", {"data", zeros, zeros, "more", odd});
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  const Entry entry = find({"f"}, root).value();
  const std::uint64_t size = 8 + 2 * zeros.size() + odd.size();
  EXPECT_EQ(entry.attributes.size, size);
  EXPECT_EQ(entry.attributes.blocks, 1U);
  const std::uint64_t more = 4 + 2 * zeros.size();
  EXPECT_EQ(fs().next_data(entry.ino, 0), 0U);
  EXPECT_EQ(fs().next_hole(entry.ino, 0), 4U);
  EXPECT_EQ(fs().next_hole(entry.ino, 100), 100U);
  EXPECT_EQ(fs().next_data(entry.ino, 100), more);
  EXPECT_EQ(fs().next_hole(entry.ino, more), more + 4);
  EXPECT_EQ(fs().next_data(entry.ino, more + 4), std::nullopt) << "only a hole is left";
  EXPECT_EQ(fs().next_hole(entry.ino, size), std::nullopt);
  EXPECT_EQ(text_of(fs().read(entry.ino, 0, size)), "data" + zeros + zeros + "more" + odd);
  EXPECT_EQ(text_of(fs().read(entry.ino, more - 2, 8)), std::string("\0\0more\0\0", 8));
  EXPECT_FALSE(fs().is_cached(file.content[1])) << "a hole was read";
}

TEST_F(SnapshotFsTest, OnlyZerosAreHoles) {
  const std::string ones(std::size_t{512} << 10, '1');
  const std::string short_zeros(1000, '\0');
  const Node file = maker_.make_file("f", {ones, short_zeros});
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  const Entry entry = find({"f"}, root).value();
  EXPECT_EQ(entry.attributes.blocks, (entry.attributes.size + 511) / 512);
  EXPECT_EQ(fs().next_hole(entry.ino, 0), entry.attributes.size);
}

}  // namespace
}  // namespace snapfs::test
