// What a mount makes of storage that changes, is away or damaged, without a kernel.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/blocking_hint.h"
#include "fs/base/error.h"
#include "tests/mount/model/snapshot_fs_scene.h"
#include "tests/support/fault_backend.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;

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

TEST_F(SnapshotFsTest, DamagedDirectoryIsAnErrorAndItsSiblingsAreNot) {
  const Id bad = maker_.add_tree({maker_.make_file("x", {"x"})});
  const Id good = maker_.add_tree({maker_.make_file("y", {"y"})});
  const Id tree = maker_.add_tree({make_directory("bad", bad), make_directory("good", good)});
  const Ino root = root_of(maker_.add_snapshot(tree, "2026-01-01T00:00:00Z"));
  maker_.damage({BlobType::kTree, bad});
  EXPECT_THROW(fs().lookup(ino({"bad"}, root), "x"), Error);
  EXPECT_EQ(text_of(fs().read(ino({"good", "y"}, root), 0, 9)), "y");
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

TEST_F(SnapshotFsTest, WhatIsToBePrefetchedIsGivenUpOnStorageThatDoesNotAnswer) {
  std::vector<Node> files;
  for (int i = 0; i < 50; ++i) {
    files.push_back(maker_.make_file("f" + std::to_string(100 + i), {std::to_string(i)}));
    maker_.flush();
  }
  const Snapshot snapshot =
      maker_.add_snapshot(maker_.add_tree(std::move(files)), "2026-01-01T00:00:00Z");
  refresh_interval_ = std::chrono::hours(1);
  fs().open_directory(root_of(snapshot));
  const CallFilter loads{BackendCall::kLoad, FileKind::kPack};
  const std::size_t before = faults_.ended(loads);
  faults_.fail(loads, 1, ErrorCode::kUnavailable, FaultBackend::kForever);
  fs().prefetch("ids/" + snapshot.id.short_hex() + "\n");
  while (!fs().is_prefetched()) std::this_thread::yield();
  EXPECT_LT(faults_.ended(loads) - before, 10U) << "each file would be asked for in vain";
}

TEST_F(SnapshotFsTest, ForgottenSnapshotsVanishAndStayReadableToThoseInside) {
  const Snapshot snapshot = maker_.add_snapshot(maker_.add_tree({maker_.make_file("f", {"x"})}),
                                                "2026-01-01T00:00:00Z", "alpha", {"tag"});
  const Ino root = root_of(snapshot);
  const Ino file = ino({"f"}, root);
  const Ino tag = ino({"tags", "tag"});
  for (const Ino known : {root, tag})
    ASSERT_TRUE(fs().remember(fs().entry(known), kRootIno, "name"));
  backend_.remove({FileKind::kSnapshot, snapshot.id}, {});
  EXPECT_FALSE(find({"ids", snapshot.id.short_hex()}));
  EXPECT_EQ(fs().open_directory(tag)->size(), 0U);
  EXPECT_EQ(text_of(fs().read(file, 0, 9)), "x");
}

// A mount that is there for months would grow with every snapshot that there ever was.
TEST_F(SnapshotFsTest, ForgottenSnapshotsTakeNoMemory) {
  const Id tree =
      maker_.add_tree({make_directory("d", maker_.add_tree({maker_.make_file("f", {"x"})}))});
  maker_.add_snapshot(tree, "2026-01-01T00:00:00Z", "alpha");
  const MountStatus before = fs().status();
  const Snapshot snapshot = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z", "beta", {"tag"});
  const Ino root = root_of(snapshot);
  const Ino tag = ino({"tags", "tag"});
  const std::string id = snapshot.id.short_hex();
  ASSERT_TRUE(find({"ids", id, "d", "f"}));
  ASSERT_TRUE(find({"at", id, "d", "f"}));
  ASSERT_TRUE(find({"tags", "tag", "2026-01-02T00-00-00Z", "d", "f"}));
  EXPECT_EQ(fs().status().directories, 6U);
  for (const Ino known : {root, root, tag})
    ASSERT_TRUE(fs().remember(fs().entry(known), kRootIno, "name"));

  backend_.remove({FileKind::kSnapshot, snapshot.id}, {});
  ASSERT_FALSE(find({"ids", id}));
  EXPECT_EQ(fs().status().directories, 2U) << "somebody is in one of them";
  EXPECT_EQ(fs().status().virtual_inodes, before.virtual_inodes + 2);
  fs().forget(root, 1);
  EXPECT_EQ(fs().status().directories, 2U);
  fs().forget(root, 1);
  fs().forget(tag, 1);
  EXPECT_EQ(fs().status().directories, 0U);
  EXPECT_EQ(fs().status().virtual_inodes, before.virtual_inodes);
  EXPECT_THROW(fs().entry(root), StaleInode);
}

TEST_F(SnapshotFsTest, TellsTheKernelWhichNamesOfThoseThatItKnowsAreGone) {
  const Id tree = maker_.add_tree({});
  const Snapshot first = maker_.add_snapshot(tree, "2026-01-01T00:00:00Z", "alpha");
  const Snapshot second = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z", "beta");
  const auto tell = [&](const std::vector<std::string>& path) {
    const Ino directory = ino({path.begin(), path.end() - 1});
    ASSERT_TRUE(fs().remember(find(path).value(), directory, path.back()));
  };
  const std::string id = second.id.short_hex();
  tell({"ids", first.id.short_hex()});
  tell({"ids", id});
  tell({"hosts", "beta"});
  tell({"snapshots", "latest"});
  tell({"snapshots", "2026-01-02T00:00:00Z"});  // restic's name, which is not listed
  tell({"at", "2026-05"});
  tell({"changed", first.id.short_hex() + ".." + id});
  backend_.remove({FileKind::kSnapshot, second.id}, {});
  ASSERT_FALSE(find({"ids", id}));
  ASSERT_FALSE(find({"ids", id}));  // told once

  std::vector<std::pair<Ino, std::string>> told;
  fs().gone_names().run([&](const VirtualTree::GoneName& gone) {
    EXPECT_TRUE(fs().is_told(gone));
    told.emplace_back(gone.name.directory, gone.name.name);
    if (told.size() == 6) fs().gone_names().end({});
  });
  const std::string pair = first.id.short_hex() + ".." + id;
  EXPECT_THAT(told, ::testing::UnorderedElementsAre(
                        std::pair(ino({"ids"}), id), std::pair(ino({"hosts"}), "beta"),
                        std::pair(ino({"snapshots"}), "latest"),
                        std::pair(ino({"snapshots"}), "2026-01-02T00:00:00Z"),
                        std::pair(ino({"at"}), "2026-05"), std::pair(ino({"changed"}), pair)));
}

// The kernel would drop what it knows of the other.
TEST_F(SnapshotFsTest, ANameThatStandsForAnotherByNowIsNotGone) {
  const Id tree = maker_.add_tree({});
  const Snapshot first = maker_.add_snapshot(tree, "2026-01-01T00:00:00Z");
  const Ino at = ino({"at"});
  ASSERT_TRUE(fs().remember(find({"at", "now"}).value(), at, "now"));
  maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");
  const Entry second = find({"at", "now"}).value();
  backend_.remove({FileKind::kSnapshot, first.id}, {});
  ASSERT_FALSE(find({"ids", first.id.short_hex()}));
  ASSERT_TRUE(fs().remember(second, at, "now"));
  std::vector<bool> told;
  fs().gone_names().run([&](const VirtualTree::GoneName& gone) {
    EXPECT_EQ(gone.name.name, "now");
    told.push_back(fs().is_told(gone));
    fs().gone_names().end({});
  });
  EXPECT_EQ(told, std::vector{false});
}

TEST_F(SnapshotFsTest, WhatIsLookedUpInADirectoryThatIsAnotherInodeBelongsToThat) {
  const Id d = maker_.add_tree({maker_.make_file("f", {"x"})});
  maker_.add_snapshot(maker_.add_tree({make_directory("d", d)}), "2026-01-01T00:00:00Z");
  const Entry before = find({"versions", "d"}).value();
  ASSERT_TRUE(fs().remember(before, kRootIno, "d"));
  ASSERT_TRUE(find({"versions", "d", "f"}));
  fs().forget(before.ino, 1);
  const Entry after = find({"versions", "d"}).value();
  ASSERT_NE(after.ino, before.ino);
  const Entry file = find({"versions", "d", "f"}).value();
  EXPECT_EQ(fs().lookup(file.ino, "..").value().ino, after.ino);
}

TEST_F(SnapshotFsTest, WhoReadsAVersionGoesOnWhenItsSnapshotIsForgotten) {
  const auto add = [&](std::string_view time, std::string_view content) {
    const Node file = maker_.make_file("f", {content});
    return maker_.add_snapshot(maker_.add_tree({make_directory("d", maker_.add_tree({file}))}),
                               time);
  };
  const Snapshot first = add("2026-01-01T00:00:00Z", "old");
  add("2026-01-02T00:00:00Z", "new");
  // The kernel knows what leads to the version, and is never told of the tree that has it.
  std::vector<Ino> known;
  std::vector<std::string> path{"versions"};
  for (const char* const name : {"d", "f"}) {
    path.emplace_back(name);
    const Entry entry = find(path).value();
    ASSERT_TRUE(fs().remember(entry, kRootIno, name));
    known.push_back(entry.ino);
  }
  path.emplace_back("2026-01-01T00-00-00Z");
  const Ino version = ino(path);
  backend_.remove({FileKind::kSnapshot, first.id}, {});
  ASSERT_FALSE(find({"ids", first.id.short_hex()}));
  EXPECT_EQ(text_of(fs().read(version, 0, 9)), "old");
  // It goes with the directories, when the next view comes.
  for (const Ino each : known) fs().forget(each, 1);
  add("2026-01-03T00:00:00Z", "newer");
  ASSERT_TRUE(find({"ids"}));
  EXPECT_THROW(fs().entry(version), StaleInode);
}

// The directory that leads to a version may have been forgotten, and be another inode since.
TEST_F(SnapshotFsTest, WhoReadsAVersionGoesOnWhenThereIsANewSnapshot) {
  const auto add = [&](std::string_view time) {
    const Id d = maker_.add_tree({maker_.make_file("f", {"x"})});
    maker_.add_snapshot(maker_.add_tree({make_directory("d", d)}), time);
  };
  add("2026-01-01T00:00:00Z");
  const std::vector<std::string> path{"versions", "d", "f", "2026-01-01T00-00-00Z"};
  const Entry directory = find({"versions", "d"}).value();
  ASSERT_TRUE(fs().remember(directory, kRootIno, "d"));
  ASSERT_TRUE(find(path));
  fs().forget(directory.ino, 1);
  const Ino version = ino(path);
  add("2026-01-02T00:00:00Z");
  ASSERT_TRUE(find({"ids"}));
  EXPECT_EQ(text_of(fs().read(version, 0, 9)), "x");
}

TEST_F(SnapshotFsTest, AStorageThatWasAwayLeavesNothingBehind) {
  const Node file = maker_.make_file("f", {"one", "two"});
  const Snapshot snapshot = maker_.add_snapshot(maker_.add_tree({file}), "2026-01-01T00:00:00Z");
  blob_cache_bytes_ = 1;
  refresh_interval_ = std::chrono::hours(1);
  const Ino first = ino({"f"}, root_of(snapshot));
  // The file system of the repository is unmounted: nothing is there, and everything comes back.
  MemoryBackend kept;
  const std::vector<FileKind> kinds{FileKind::kPack, FileKind::kIndex};
  const auto move_all = [&](MemoryBackend& from, MemoryBackend& to) {
    for (const FileKind kind : kinds) {
      for (const FileInfo& each : from.list(kind, {})) {
        to.save({kind, each.id}, from.load({kind, each.id}, std::nullopt, {}, {}), {});
        from.remove({kind, each.id}, {});
      }
    }
  };
  move_all(backend_, kept);
  EXPECT_THROW(fs().read(first, 0, 9), Error);
  const Ino again = ino({"f"}, ino({"snapshots", "2026-01-01T00-00-00Z"}));
  EXPECT_THROW(fs().read(again, 0, 9), Error);
  move_all(kept, backend_);
  EXPECT_EQ(text_of(fs().read(first, 0, 9)), "onetwo");
  EXPECT_EQ(text_of(fs().read(again, 0, 9)), "onetwo");
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

}  // namespace
}  // namespace snapfs::test
