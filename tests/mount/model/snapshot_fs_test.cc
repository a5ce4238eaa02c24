// The file system of a repository, without a kernel.
#include "mount/model/snapshot_fs.h"

#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/blocking_hint.h"
#include "fs/base/error.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::FaultBackend;
using test::RepositoryMaker;
using ::testing::ElementsAre;

std::string text_of(const FileSlice& slice) {
  std::string text;
  for (const FileSlice::Piece& piece : slice.pieces) text += as_text(piece.bytes);
  return text;
}

class SnapshotFsTest : public ::testing::Test {
 protected:
  /// Mounts what was made so far. Unless told otherwise, snapshots are looked for at every access.
  SnapshotFs& fs() {
    if (!fs_) {
      reader_ = maker_.open();
      SnapshotFsOptions options;
      options.view.refresh_interval = refresh_interval_;
      options.tree_cache_bytes = tree_cache_bytes_;
      options.reader.blob_cache_bytes = blob_cache_bytes_;
      options.reader.failure_memory = std::chrono::milliseconds(0);
      options.view.warn = [this](std::string_view line) { warnings_.emplace_back(line); };
      fs_.emplace(*reader_, options, StopToken{});
    }
    return *fs_;
  }

  std::optional<Entry> find(const std::vector<std::string>& path, Ino from = kRootIno) {
    std::optional<Entry> entry = fs().entry(from);
    for (const std::string& name : path) {
      entry = fs().lookup(entry->ino, name);
      if (!entry) return std::nullopt;
    }
    return entry;
  }

  Ino ino(const std::vector<std::string>& path, Ino from = kRootIno) {
    return find(path, from).value().ino;
  }

  /// The only snapshot's root.
  Ino root_of(const Snapshot& snapshot) { return ino({"ids", snapshot.id.short_hex()}); }

  MemoryBackend backend_;
  FaultBackend faults_{backend_};
  RepositoryMaker maker_{faults_};
  std::chrono::milliseconds refresh_interval_{0};
  std::size_t tree_cache_bytes_ = SnapshotFsOptions{}.tree_cache_bytes;
  std::size_t blob_cache_bytes_ = ReaderOptions{}.blob_cache_bytes;
  std::unique_ptr<Repository> reader_;
  std::optional<SnapshotFs> fs_;
  std::vector<std::string> warnings_;
};

TEST_F(SnapshotFsTest, InodeNumbersAreTheSameInEveryMountAndAscendByName) {
  Node link = maker_.make_file("link", {"content"});
  link.links = 2;
  std::vector<Node> nodes = {maker_.make_file("b", {"2"}), maker_.make_file("a", {"1"}), link};
  const Id inner = maker_.add_tree(nodes);
  nodes.push_back(test::make_directory("d", inner));
  nodes.push_back(test::make_directory("e", inner));
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
  const Id tree =
      maker_.add_tree({test::make_directory("d1", inner), test::make_directory("d2", inner)});
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
  const Id tree = maker_.add_tree({link, test::make_directory("sub", inner)});
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
  Node device = test::make_node("device", NodeType::kBlockDevice);
  device.device = 1'227'949'024;  // 259:300000
  Node fifo = test::make_node("fifo", NodeType::kFifo);
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
  const Id inner = maker_.add_tree({test::make_directory("x", empty)});
  const Id tree = maker_.add_tree({test::make_directory("d", inner)});
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
  const Id inner = maker_.add_tree({test::make_directory("e", maker_.add_tree({}))});
  const Id tree = maker_.add_tree({test::make_directory("d", inner)});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  EXPECT_EQ(fs().lookup(ino({"d", "e"}, root), "..")->ino, ino({"d"}, root));
  EXPECT_EQ(fs().lookup(ino({"d"}, root), "..")->ino, root);
}

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
    nodes.push_back(test::make_directory(name, maker_.add_tree({maker_.make_file(name, {name})})));
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
  blob_cache_bytes_ = 3000;
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
  EXPECT_EQ(fs().blobs().counters().prefetched, 0U);
}

TEST_F(SnapshotFsTest, GuessesNeverFailARead) {
  const Id away = maker_.add_tree({maker_.make_file("a", {"1"})});
  const Snapshot snapshot = maker_.add_snapshot(
      maker_.add_tree({maker_.make_file("f", {"content"}), test::make_directory("d", away)}),
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

TEST_F(SnapshotFsTest, FindsAtOnceWhatAPruneMovedElsewhere) {
  const Node node = maker_.make_file("f", {"content"});
  const Snapshot snapshot = maker_.add_snapshot(maker_.add_tree({node}), "2026-01-01T00:00:00Z");
  refresh_interval_ = std::chrono::hours(1);
  tree_cache_bytes_ = 1;
  const Ino file = ino({"f"}, root_of(snapshot));
  const std::vector<Id> packs = maker_.repository().list(FileKind::kPack, {});
  const std::vector<Id> indexes = maker_.repository().list(FileKind::kIndex, {});
  maker_.add_second_copy({BlobType::kData, node.content.front()}, "content");
  const Bytes tree = maker_.repository().load_blob({BlobType::kTree, snapshot.tree}, {});
  maker_.add_second_copy({BlobType::kTree, snapshot.tree}, as_text(tree));
  maker_.flush();
  for (const Id& pack : packs) faults_.remove({FileKind::kPack, pack}, {});
  for (const Id& index : indexes) faults_.remove({FileKind::kIndex, index}, {});
  EXPECT_EQ(text_of(fs().read(file, 0, 100)), "content");
  EXPECT_TRUE(find({"f"}, root_of(snapshot)));
}

TEST_F(SnapshotFsTest, LookingForSnapshotsIsAnnouncedAsSlow) {
  struct Listener final : BlockingListener {
    void about_to_block() noexcept override { told = true; }
    bool told = false;
  } listener;
  maker_.add_snapshot(maker_.add_tree({}), "2026-01-01T00:00:00Z");
  fs();
  int listings = 0;
  faults_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call != BackendCall::kList) return;
    ++listings;
    EXPECT_TRUE(listener.told);
  });
  const ScopedBlockingListener scope(listener);
  fs().lookup(kRootIno, "ids");
  EXPECT_EQ(listings, 1);
}

TEST_F(SnapshotFsTest, SizeIsWhatTheBlobsAddUpTo) {
  Node file = maker_.make_file("f", {"abc", "def"});
  file.size = 1000;
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  EXPECT_EQ(find({"f"}, root)->attributes.size, 6U);
  EXPECT_EQ(text_of(fs().read(ino({"f"}, root), 4, 100)), "ef");
}

TEST_F(SnapshotFsTest, DamageIsAnErrorForItsRangeOnlyAndIsTriedAgain) {
  const Node file = maker_.make_file("f", {"first", "damaged", "third"});
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  const BlobHandle damaged{BlobType::kData, file.content[1]};
  maker_.damage(damaged);
  const Ino ino_of_file = ino({"f"}, root);

  EXPECT_EQ(text_of(fs().read(ino_of_file, 0, 5)), "first");
  EXPECT_EQ(text_of(fs().read(ino_of_file, 12, 100)), "third");
  EXPECT_THROW(fs().read(ino_of_file, 0, 6), Error);
  EXPECT_THROW(fs().read(ino_of_file, 11, 1), Error);
  EXPECT_EQ(fs().entry(ino_of_file).attributes.size, 17U);

  maker_.repair(damaged);
  EXPECT_EQ(text_of(fs().read(ino_of_file, 0, 100)), "firstdamagedthird");
}

TEST_F(SnapshotFsTest, MissingBlobsLeaveTheRestReadable) {
  Node file = maker_.make_file("f", {"first", "second", "third"});
  Id missing;
  missing.bytes.fill(0x5a);
  file.content[1] = missing;
  const Ino root = root_of(maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z"));
  const Ino ino_of_file = ino({"f"}, root);
  EXPECT_EQ(fs().entry(ino_of_file).attributes.size, 16U);
  EXPECT_EQ(text_of(fs().read(ino_of_file, 0, 5)), "first");
  EXPECT_EQ(text_of(fs().read(ino_of_file, 11, 9)), "third");
  EXPECT_THROW(fs().read(ino_of_file, 5, 1), Error);
}

TEST_F(SnapshotFsTest, DamageIsNamedByAnAttribute) {
  Node file = maker_.make_file("f", {"first", "damaged", "third", "fourth"});
  Node other = maker_.make_file("other", {"sound"});
  Node incomplete = maker_.make_file("incomplete", {"known", "lost", "known too"});
  incomplete.content[1].bytes.fill(0x5a);
  const Ino root = root_of(
      maker_.add_snapshot(maker_.add_tree({file, other, incomplete}), "2026-01-01T00:00:00Z"));
  const BlobHandle damaged{BlobType::kData, file.content[1]};
  maker_.damage(damaged);
  const Ino ino_of_file = ino({"f"}, root);
  const auto damage_of = [&](Ino ino) {
    return std::string(as_text(fs().extended_attribute(ino, kDamagedAttribute).value_or(Bytes())));
  };
  EXPECT_EQ(damage_of(ino_of_file), "") << "nobody tried to read it";
  EXPECT_EQ(damage_of(ino({"incomplete"}, root)), "5+4");
  EXPECT_EQ(fs().extended_attribute_names(ino({"incomplete"}, root)),
            std::string("user.snapfs.damaged\0", 20));
  EXPECT_THROW(fs().read(ino_of_file, 6, 1), Error);
  EXPECT_EQ(damage_of(ino_of_file), "5+7");
  EXPECT_EQ(damage_of(ino({"other"}, root)), "");
  EXPECT_EQ(fs().extended_attribute_names(ino({"other"}, root)), "");
  EXPECT_EQ(damage_of(root), "");

  maker_.repair(damaged);
  fs().read(ino_of_file, 6, 1);
  EXPECT_EQ(damage_of(ino_of_file), "");
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

TEST_F(SnapshotFsTest, DamagedDirectoryIsAnErrorAndItsSiblingsAreNot) {
  const Id bad = maker_.add_tree({maker_.make_file("x", {"x"})});
  const Id good = maker_.add_tree({maker_.make_file("y", {"y"})});
  const Id tree =
      maker_.add_tree({test::make_directory("bad", bad), test::make_directory("good", good)});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  maker_.damage({BlobType::kTree, bad});
  EXPECT_THROW(fs().lookup(ino({"bad"}, root), "x"), Error);
  EXPECT_EQ(text_of(fs().read(ino({"good", "y"}, root), 0, 9)), "y");
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

TEST_F(SnapshotFsTest, NewSnapshotsAppearWithTheirBlobs) {
  const Snapshot first = maker_.add_snapshot(maker_.add_tree({}), "2026-01-01T00:00:00Z");
  const Ino before = root_of(first);
  const auto open = fs().open_directory(ino({"snapshots"}));
  const std::size_t names_before = open->size();

  const Id tree = maker_.add_tree({maker_.make_file("new", {"new content"})});
  maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");
  const Ino file = ino({"snapshots", "2026-01-02T00:00:00Z", "new"});
  EXPECT_EQ(text_of(fs().read(file, 0, 100)), "new content");
  EXPECT_EQ(root_of(first), before);
  EXPECT_EQ(fs().read_link(ino({"snapshots", "latest"})), "2026-01-02T00-00-00Z");
  EXPECT_EQ(open->size(), names_before) << "a listing under way must not shift";
}

TEST_F(SnapshotFsTest, StorageThatIsAwayIsNotAskedAgainBeforeItsTime) {
  maker_.add_snapshot(maker_.add_tree({}), "2026-01-01T00:00:00Z");
  refresh_interval_ = std::chrono::milliseconds(100);
  ASSERT_TRUE(find({"snapshots", "latest"}));
  faults_.fail({BackendCall::kList, FileKind::kSnapshot}, 1, ErrorCode::kIo,
               FaultBackend::kForever);
  while (warnings_.empty()) ASSERT_TRUE(find({"snapshots", "latest"}));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(find({"snapshots", "latest"}));
  EXPECT_LT(warnings_.size(), 50U);
}

TEST_F(SnapshotFsTest, ForgottenSnapshotsVanishAndStayReadableToThoseInside) {
  const Snapshot snapshot = maker_.add_snapshot(maker_.add_tree({maker_.make_file("f", {"x"})}),
                                                "2026-01-01T00:00:00Z", "alpha", {"tag"});
  const Ino root = root_of(snapshot);
  const Ino file = ino({"f"}, root);
  const Ino tag = ino({"tags", "tag"});
  backend_.remove({FileKind::kSnapshot, snapshot.id}, {});
  EXPECT_FALSE(find({"ids", snapshot.id.short_hex()}));
  EXPECT_EQ(fs().open_directory(tag)->size(), 0U);
  EXPECT_EQ(text_of(fs().read(file, 0, 9)), "x");
}

TEST_F(SnapshotFsTest, UnreadableSnapshotIsNamedAndTheOthersAreShown) {
  const Id tree = maker_.add_tree({});
  const Snapshot bad = maker_.add_snapshot(tree, "2026-01-01T00:00:00Z");
  const Snapshot good = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");
  Bytes bytes = backend_.load({FileKind::kSnapshot, bad.id}, std::nullopt, {}, {});
  bytes.back() ^= 1;
  backend_.save({FileKind::kSnapshot, bad.id}, bytes, {});
  EXPECT_TRUE(find({"ids", good.id.short_hex()}));
  EXPECT_FALSE(find({"ids", bad.id.short_hex()}));
  EXPECT_THAT(warnings_, ElementsAre(::testing::HasSubstr(bad.id.short_hex())));
}

TEST_F(SnapshotFsTest, NumbersThatWereNeverGivenOutAreStale) {
  maker_.add_snapshot(maker_.add_tree({}), "2026-01-01T00:00:00Z");
  EXPECT_THROW(fs().entry(0), StaleInode);
  EXPECT_THROW(fs().entry(kFirstTreeIno - 1), StaleInode);
  EXPECT_THROW(fs().entry(kFirstTreeIno + 1000), StaleInode);
  EXPECT_THROW(fs().read(kFirstTreeIno, 0, 1), StaleInode);
}

TEST_F(SnapshotFsTest, WrongKindOfInodeIsRefused) {
  const Id tree = maker_.add_tree({maker_.make_file("f", {"x"}), test::make_symlink("l", "f")});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  EXPECT_EQ(fs().read_link(ino({"l"}, root)), "f");
  EXPECT_THROW(fs().read_link(ino({"f"}, root)), Error);
  EXPECT_THROW(fs().read(root, 0, 1), Error);
  EXPECT_THROW(fs().open_directory(ino({"f"}, root)), Error);
  EXPECT_THROW(fs().lookup(ino({"f"}, root), "x"), Error);
}

TEST_F(SnapshotFsTest, ThreadsAgreeOnInodesAndContent) {
  const Node file = maker_.make_file("f", {"abc", "def"});
  const Id tree = maker_.add_tree({test::make_directory("d", maker_.add_tree({file}))});
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
}  // namespace snapfs
