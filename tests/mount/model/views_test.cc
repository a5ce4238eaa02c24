// The views above the snapshots, without a kernel.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/tree/snapshot_list.h"
#include "tests/mount/model/views_scene.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;

TEST_F(ViewsTest, FiltersLeaveTheOthersOut) {
  snapshot("2026-11-01T10:00:00Z", {}, {"keep"}, "alpha");
  snapshot("2026-11-02T10:00:00Z", {}, {}, "alpha");
  snapshot("2026-11-03T10:00:00Z", {}, {"keep"}, "beta");
  options_.view.filter.hosts = {"alpha"};
  options_.view.filter.tags = {{"keep"}};
  EXPECT_THAT(list({"snapshots"}), ElementsAre("2026-11-01T10-00-00Z", "latest"));
  EXPECT_THAT(list({"hosts"}), ElementsAre("alpha"));
  EXPECT_EQ(fs().status().snapshots, 1U);
  EXPECT_EQ(find({"at", "now"})->attributes.mtime.seconds, 1'793'527'200);
}

TEST_F(ViewsTest, ADirectoryOfSnapshotsFindsItsOwnByTheTime) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "first")}, {}, "alpha");
  snapshot("2026-11-02T10:00:00Z", {file("f", "second")}, {}, "alpha");
  const Snapshot other = snapshot("2026-11-03T10:00:00Z", {file("f", "other")}, {}, "beta");
  EXPECT_EQ(read({"at", "now", "f"}), "other");
  EXPECT_EQ(read({"hosts", "alpha", "at", "now", "f"}), "second");
  EXPECT_EQ(read({"hosts", "alpha", "at", "latest", "f"}), "second");
  EXPECT_EQ(read({"hosts", "alpha", "at", "2026-11-01", "f"}), "first");
  EXPECT_EQ(read({"hosts", "beta", "at", "now", "f"}), "other");
  EXPECT_FALSE(find({"hosts", "beta", "at", "2026-11-02"}));
  EXPECT_FALSE(find({"hosts", "alpha", "at", other.id.hex()}));
  EXPECT_TRUE(find({"hosts", "beta", "at", other.id.hex()}));
  EXPECT_THAT(list({"hosts", "alpha"}),
              ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z", "latest"));
  EXPECT_FALSE(find({"hosts", "at"})) << "there is no latest either";
}

TEST_F(ViewsTest, ANameOfResticsIsFound) {
  snapshot("2026-11-01T10:00:00+01:00", {file("f", "first")});
  snapshot("2026-11-01T10:00:00.5+01:00", {file("f", "second")});
  EXPECT_THAT(list({"snapshots"}),
              ElementsAre("2026-11-01T10-00-00+0100", "2026-11-01T10-00-00+0100-1", "latest"));
  EXPECT_EQ(read({"snapshots", "2026-11-01T10:00:00+01:00", "f"}), "first");
  EXPECT_EQ(read({"snapshots", "2026-11-01T10:00:00+01:00-1", "f"}), "second");
  EXPECT_EQ(read({"at", "2026-11-01T10:00:00+01:00", "f"}), "second");
  EXPECT_EQ(read({"at", "2026-11-01T10-00-00+0100", "f"}), "second");
  EXPECT_FALSE(find({"snapshots", "2026-11-01T10:00:01+01:00"}));
  EXPECT_FALSE(find({"snapshots", "2026-11-01T10:00"}));
}

TEST_F(ViewsTest, AtIsTheNewestCompleteSnapshotNotAfterTheTime) {
  snapshot("2026-11-01T10:00:00.5Z", {file("f", "first")});
  snapshot("2026-11-20T10:00:00Z", {file("f", "second")});
  Snapshot partial = snapshot("2026-11-22T10:00:00Z", {file("f", "half")});
  backend_.remove({FileKind::kSnapshot, partial.id}, {});
  partial.program_version = "snapfs 1.0";
  partial.tags = {std::string(kPartialTag)};
  save_snapshot(maker_.repository(), partial, {});
  snapshot("2026-11-23T10:00:00Z", {file("f", "third")});
  snapshot("2026-11-23T13:00:00Z", {file("f", "from the future")});
  EXPECT_EQ(read({"at", "2026-11-01", "f"}), "first");
  EXPECT_EQ(read({"at", "2026-11-01T10:00:00", "f"}), "first");
  EXPECT_EQ(read({"at", "2026-11-20T09:59", "f"}), "first");
  EXPECT_EQ(read({"at", "2026-11-20T12:00+02:00", "f"}), "second");
  EXPECT_EQ(read({"at", "yesterday", "f"}), "second");
  EXPECT_EQ(read({"at", "now", "f"}), "third");
  EXPECT_EQ(read({"at", "3h-ago", "f"}), "second");
  EXPECT_EQ(read({"at", "today", "f"}), "from the future");
  EXPECT_FALSE(find({"at", "2026-10-31"}));
  EXPECT_FALSE(find({"at", "2026-11-01T10:00:00.4Z"}));
  EXPECT_FALSE(find({"at", "nonsense"}));
  EXPECT_THAT(list({"at"}), ElementsAre("1d-ago", "1w-ago", "now", "yesterday"));
}

TEST_F(ViewsTest, AtIsADirectoryOfItsOwnThatIsSoonLookedUpAgain) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "first")});
  const Entry now = find({"at", "now"}).value();
  EXPECT_FALSE(now.stable);
  EXPECT_EQ(now.ino, ino({"at", "yesterday"})) << "one snapshot is one directory";
  EXPECT_NE(now.ino, ino({"snapshots", "2026-11-01T10:00:00Z"}));
  EXPECT_EQ(now.attributes, find({"at", "latest"})->attributes);
  EXPECT_EQ(fs().lookup(now.ino, "..")->ino, ino({"at"}));
  EXPECT_TRUE(find({"at", "now", "f"})->stable);
  EXPECT_FALSE(find({"at", "now", "ids"}));
  EXPECT_FALSE(find({"at", "now", "yesterday"}));

  snapshot("2026-11-23T11:00:00Z", {file("f", "second")});
  EXPECT_EQ(read({"at", "now", "f"}), "second");
  EXPECT_NE(ino({"at", "now"}), now.ino);
}

TEST_F(ViewsTest, AtKnowsTheNamesOfSnapshotsToo) {
  const Snapshot first = snapshot("2026-11-01T10:00:00Z", {file("f", "first")});
  snapshot("2026-11-02T10:00:00Z", {file("f", "second")});
  EXPECT_EQ(read({"at", "latest", "f"}), "second");
  EXPECT_EQ(read({"at", first.id.hex(), "f"}), "first");
  EXPECT_EQ(read({"at", first.id.short_hex(), "f"}), "first");
  EXPECT_FALSE(find({"at", "0123456789"}));
}

TEST_F(ViewsTest, NamesThatWereAskedForTakeNoMemory) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "first")});
  snapshot("2026-11-02T10:00:00Z", {file("f", "second")});
  const auto ask = [&](int from, int to) {
    for (int minutes = from; minutes < to; ++minutes) {
      const std::string name = std::to_string(minutes) + "min-ago";
      ASSERT_TRUE(find({"at", name, "f"})) << name;
      ASSERT_TRUE(find({"changed", name + "..now", "f"}).has_value() == (minutes > 30240)) << name;
      ASSERT_FALSE(find({"at", "a" + name}));
    }
  };
  ask(1, 2);
  ask(31000, 31001);
  const std::uint64_t nodes = fs().status().virtual_inodes;
  ask(2, 200);
  ask(31001, 31200);
  EXPECT_EQ(fs().status().virtual_inodes, nodes);
}

TEST_F(ViewsTest, WhatTheKernelForgetsIsForgotten) {
  snapshot("2026-11-01T10:00:00Z", {directory("d", {file("f", "1")})});
  const Entry top = find({"versions", "d"}).value();
  const Entry kept = find({"at", "now"}).value();
  const std::uint64_t nodes = fs().status().virtual_inodes;
  for (const Entry& entry : {top, top, kept}) ASSERT_TRUE(fs().remember(entry, kRootIno, "name"));
  fs().forget(top.ino, 1);
  EXPECT_EQ(fs().entry(top.ino).attributes, top.attributes);
  const Entry below = find({"versions", "d", "f"}).value();
  fs().forget(top.ino, 1);
  EXPECT_THROW(fs().entry(top.ino), StaleInode);
  EXPECT_FALSE(fs().remember(top, kRootIno, "name"));
  EXPECT_EQ(fs().status().virtual_inodes, nodes) << "one gone, one added";
  EXPECT_EQ(fs().open_directory(below.ino)->parent(), top.attributes.inode);

  fs().forget(kept.ino, 1);
  fs().forget(kRootIno, 100);
  EXPECT_EQ(ino({"at", "now"}), kept.ino) << "its directories are kept, so it is, too";
  const Entry again = find({"versions", "d"}).value();
  EXPECT_NE(again.ino, top.ino) << "the kernel might still mean the other";
  EXPECT_EQ(again.attributes, top.attributes);
  EXPECT_EQ(read({"versions", "d", "f", "2026-11-01T10-00-00Z"}), "1");
}

TEST_F(ViewsTest, AListingShowsWhatTheKernelForgotMeanwhile) {
  snapshot("2026-11-01T10:00:00Z", {directory("d", {file("f", "1"), file("g", "2")})});
  const std::uint64_t nodes = fs().status().virtual_inodes;
  const Entry directory = find({"versions", "d"}).value();
  ASSERT_TRUE(fs().remember(directory, kRootIno, "name"));
  auto listing = fs().open_directory(directory.ino);
  ASSERT_EQ(listing->size(), 3U);
  const Entry first = listing->entry(1);
  ASSERT_TRUE(fs().remember(first, kRootIno, "name"));
  fs().forget(first.ino, 1);
  EXPECT_EQ(listing->entry(1).attributes, first.attributes);
  EXPECT_FALSE(fs().remember(first, kRootIno, "name")) << "its name only: it is looked up again";
  EXPECT_TRUE(fs().remember(listing->entry(2), kRootIno, "name"));
  listing.reset();
  EXPECT_EQ(fs().status().virtual_inodes, nodes + 3) << "the directory, g, and a version's tree";
}

TEST_F(ViewsTest, ATemplateMayTakeTheNameOfAView) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "first")});
  options_.view.path_templates = {"at/%i"};
  EXPECT_THAT(list({}), ElementsAre("at", "changed", "versions"));
  EXPECT_EQ(list({"at"}).front().size(), 8U);
  EXPECT_FALSE(find({"at", "now"}));
}

}  // namespace
}  // namespace snapfs::test
