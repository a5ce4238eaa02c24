// The views above the snapshots, in a SnapshotFs without a kernel.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/time/clock.h"
#include "fs/time/timezone.h"
#include "fs/tree/snapshot_list.h"
#include "mount/model/changed_part.h"
#include "mount/model/changed_trees.h"
#include "mount/model/snapshot_fs.h"
#include "tests/support/fault_backend.h"
#include "tests/support/manual_clock.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_symlink;
using test::RepositoryMaker;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Names = std::vector<std::string>;

/// Noon, 23 November 2026, UTC.
class Noon final : public Clock {
 public:
  Timestamp now() const override { return {1'795'435'200, 0}; }
};

class ViewsTest : public ::testing::Test {
 protected:
  /// Mounts what was made so far; snapshots are looked for at every access.
  SnapshotFs& fs() {
    if (!fs_) {
      reader_ = maker_.open();
      options_.view.refresh_interval = std::chrono::milliseconds(0);
      options_.view.warn = [this](std::string_view line) { warnings_.emplace_back(line); };
      options_.view.clock = &clock_;
      options_.view.zone = &zone_;
      fs_.emplace(*reader_, options_, StopToken{});
    }
    return *fs_;
  }

  std::optional<Entry> find(const Names& path) {
    std::optional<Entry> entry = fs().entry(kRootIno);
    for (const std::string& name : path) {
      entry = fs().lookup(entry->ino, name);
      if (!entry) return std::nullopt;
    }
    return entry;
  }

  Ino ino(const Names& path) { return find(path).value().ino; }

  Names list(const Names& path) {
    const auto directory = fs().open_directory(ino(path));
    Names names;
    for (std::size_t i = 0; i < directory->size(); ++i) names.emplace_back(directory->name(i));
    return names;
  }

  std::string read(const Names& path) {
    const Entry file = find(path).value();
    std::string text;
    for (const FileSlice::Piece& piece : fs().read(file.ino, 0, 1 << 20).pieces) {
      text += as_text(piece.bytes);
    }
    EXPECT_EQ(file.attributes.size, text.size());
    return text;
  }

  Node file(std::string name, std::string_view content) {
    return maker_.make_file(std::move(name), {content});
  }
  Node directory(std::string name, std::vector<Node> nodes) {
    return make_directory(std::move(name), maker_.add_tree(std::move(nodes)));
  }
  Snapshot snapshot(std::string_view time, std::vector<Node> nodes,
                    std::vector<std::string> tags = {}, std::string host = "alpha") {
    return maker_.add_snapshot(maker_.add_tree(std::move(nodes)), time, std::move(host),
                               std::move(tags));
  }

  MemoryBackend backend_;
  test::FaultBackend faults_{backend_};
  RepositoryMaker maker_{faults_};
  Noon clock_;
  TimeZone zone_;
  SnapshotFsOptions options_;
  std::unique_ptr<Repository> reader_;
  std::optional<SnapshotFs> fs_;
  std::vector<std::string> warnings_;
};

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
  for (const Entry& entry : {top, top, kept}) ASSERT_TRUE(fs().remember(entry.ino));
  fs().forget(top.ino, 1);
  EXPECT_EQ(fs().entry(top.ino).attributes, top.attributes);
  const Entry below = find({"versions", "d", "f"}).value();
  fs().forget(top.ino, 1);
  EXPECT_THROW(fs().entry(top.ino), StaleInode);
  EXPECT_FALSE(fs().remember(top.ino));
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
  ASSERT_TRUE(fs().remember(directory.ino));
  auto listing = fs().open_directory(directory.ino);
  ASSERT_EQ(listing->size(), 3U);
  const Entry first = listing->entry(1);
  ASSERT_TRUE(fs().remember(first.ino));
  fs().forget(first.ino, 1);
  EXPECT_EQ(listing->entry(1).attributes, first.attributes);
  EXPECT_FALSE(fs().remember(first.ino)) << "its name only: it is looked up again";
  EXPECT_TRUE(fs().remember(listing->entry(2).ino));
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

TEST_F(ViewsTest, VersionsOfAFileAreItsContentsOldestFirst) {
  Node touched = file("report.odt", "one");
  touched.mtime.seconds += 5;
  const auto home = [&](Node node) { return directory("home", {directory("me", {node})}); };
  snapshot("2026-11-01T11:00:00+01:00", {home(file("report.odt", "one"))});
  snapshot("2026-11-02T10:00:00Z", {home(touched)});
  snapshot("2026-11-03T10:00:00Z", {home(file("report.odt", "two"))});
  snapshot("2026-11-04T10:00:00Z", {home(file("report.odt", "one"))});
  snapshot("2026-11-05T10:00:00Z", {file("other", "x")});
  const Names path = {"versions", "home", "me", "report.odt"};
  EXPECT_THAT(list(path), ElementsAre("2026-11-01T10-00-00Z.odt", "2026-11-03T10-00-00Z.odt"));
  EXPECT_EQ(read({"versions", "home", "me", "report.odt", "2026-11-01T10-00-00Z.odt"}), "one");
  EXPECT_EQ(read({"versions", "home", "me", "report.odt", "2026-11-03T10-00-00Z.odt"}), "two");
  EXPECT_FALSE(find({"versions", "home", "me", "report.odt", "2026-11-04T10-00-00Z.odt"}));
  EXPECT_FALSE(find({"versions", "home", "me", "absent"}));
  EXPECT_FALSE(find({"versions", "home", "me", "report.odt", "2026-11-03T10-00-00Z.odt"})->stable);
}

TEST_F(ViewsTest, VersionsOfADirectoryAreBesideTheNamesInIt) {
  Node own = directory("d", {file("f", "1")});
  own.permissions = 0750;
  snapshot("2026-11-01T10:00:00Z", {own});
  snapshot("2026-11-02T10:00:00Z", {directory("d", {file("g", "2"), make_symlink("l", "g")})});
  EXPECT_THAT(list({"versions", "d"}),
              ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z", "f", "g", "l"));
  EXPECT_THAT(list({"versions"}), ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z", "d"));
  EXPECT_THAT(list({"versions", "d", "2026-11-02T10-00-00Z"}), ElementsAre("g", "l"));
  EXPECT_EQ(read({"versions", "d", "2026-11-01T10-00-00Z", "f"}), "1");
  EXPECT_EQ(read({"versions", "2026-11-02T10-00-00Z", "d", "g"}), "2");
  EXPECT_EQ(find({"versions", "d", "2026-11-01T10-00-00Z"})->attributes.mode & 07777, 0750U);
  EXPECT_EQ(fs().read_link(ino({"versions", "d", "l", "2026-11-02T10-00-00Z"})), "g");
}

TEST_F(ViewsTest, EveryVersionIsAPlaceOfItsOwn) {
  snapshot("2026-11-01T10:00:00Z", {directory("d", {directory("e", {file("f", "1")})})});
  const Ino e = ino({"versions", "d", "e", "2026-11-01T10-00-00Z"});
  EXPECT_NE(e, ino({"versions", "d", "2026-11-01T10-00-00Z", "e"}));
  EXPECT_NE(e, ino({"at", "now", "d", "e"}));
  EXPECT_EQ(e, ino({"versions", "d", "e", "2026-11-01T10-00-00Z"}));
}

TEST_F(ViewsTest, WhatChangesItsTypeHasVersionsOfBothKinds) {
  snapshot("2026-11-01T10:00:00Z", {file("x.d", "1")});
  snapshot("2026-11-02T10:00:00Z", {directory("x.d", {file("f", "2")})});
  EXPECT_THAT(list({"versions", "x.d"}),
              ElementsAre("2026-11-01T10-00-00Z.d", "2026-11-02T10-00-00Z", "f"));
  EXPECT_EQ(read({"versions", "x.d", "f", "2026-11-02T10-00-00Z"}), "2");
}

TEST_F(ViewsTest, MessagesNameSnapshotAndPath) {
  const Snapshot made =
      snapshot("2026-11-01T10:00:00Z", {directory("d", {directory("e", {file("f", "1")})})});
  const std::string snapshot = "snapshot " + made.id.short_hex() + ":";
  const auto place = [&](const Names& path) { return fs().place_text(ino(path)); };
  EXPECT_EQ(place({"at", "now", "d", "e", "f"}), snapshot + "/d/e/f");
  EXPECT_EQ(place({"versions", "d", "e", "f", "2026-11-01T10-00-00Z"}), snapshot + "/d/e/f");
  EXPECT_EQ(place({"versions", "d", "2026-11-01T10-00-00Z", "e"}), snapshot + "/d/e");
  EXPECT_EQ(place({"snapshots", "2026-11-01T10-00-00Z"}), snapshot + "/");
  EXPECT_EQ(place({"snapshots"}), "");
  EXPECT_EQ(fs().place_text(123456), "") << "never given out";
}

TEST_F(ViewsTest, NamesThatLookLikeVersionsStepAside) {
  const std::string plain = "2026-11-01T10-00-00Z";
  snapshot("2026-11-01T10:00:00Z",
           {file(plain, "a"), file("_" + plain + ".b", "b"), file("_c", "c")});
  EXPECT_THAT(list({"versions"}), ElementsAre(plain, "_" + plain, "__" + plain + ".b", "_c"));
  EXPECT_EQ(read({"versions", "_" + plain, plain}), "a");
  EXPECT_EQ(read({"versions", "__" + plain + ".b", plain + ".b"}), "b");
  EXPECT_EQ(read({"versions", "_c", plain}), "c");
  EXPECT_EQ(read({"versions", plain, plain}), "a");
}

TEST_F(ViewsTest, VersionsAtTheEdgesOfTimeAreFoundAsTheyAreListed) {
  snapshot("0000-01-01T00:30:00+01:00", {file("f", "first")});
  snapshot("9999-12-31T23:30:00-01:00", {file("f", "last")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("0000-01-01T00-00-00Z", "9999-12-31T23-59-59Z"));
  EXPECT_EQ(read({"versions", "f", "0000-01-01T00-00-00Z"}), "first");
  EXPECT_EQ(read({"versions", "f", "9999-12-31T23-59-59Z"}), "last");
  EXPECT_EQ(read({"snapshots", "9999-12-31T23-30-00-0100", "f"}), "last");
  EXPECT_EQ(read({"at", "9999-12-31T23-30-00-0100", "f"}), "last");
}

TEST_F(ViewsTest, VersionsOfOneSecondAreToldApart) {
  snapshot("2026-11-01T10:00:00.1Z", {file("f.tar.gz", "1")});
  snapshot("2026-11-01T10:00:00.2Z", {file("f.tar.gz", "2")});
  EXPECT_THAT(list({"versions", "f.tar.gz"}),
              ElementsAre("2026-11-01T10-00-00Z.tar.gz", "2026-11-01T10-00-00Z_2.tar.gz"));
  EXPECT_EQ(read({"versions", "f.tar.gz", "2026-11-01T10-00-00Z_2.tar.gz"}), "2");
}

TEST_F(ViewsTest, VersionsThatAreTheSameWhenWrittenInOneAreTwo) {
  Node link = make_symlink("l", "x1");
  snapshot("2026-11-01T10:00:00Z", {link});
  link.link_target = "x";
  link.device = 10;
  snapshot("2026-11-02T10:00:00Z", {link});
  EXPECT_THAT(list({"versions", "l"}), ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z"));
}

// In UTC, these are in years of one digit less than nothing, and of five.
TEST_F(ViewsTest, VersionsAtTheEndsOfTheCalendarAreFoundByTheirNames) {
  snapshot("0000-01-01T00:30:00+01:00", {file("f", "1")});
  snapshot("0000-01-01T00:00:00Z", {file("f", "2")});
  snapshot("9999-12-31T23:30:00-01:00", {file("f", "3")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("0000-01-01T00-00-00Z", "0000-01-01T00-00-00Z_2",
                                                   "9999-12-31T23-59-59Z"));
  EXPECT_EQ(read({"versions", "f", "0000-01-01T00-00-00Z"}), "1");
  EXPECT_EQ(read({"versions", "f", "0000-01-01T00-00-00Z_2"}), "2");
  EXPECT_EQ(read({"versions", "f", "9999-12-31T23-59-59Z"}), "3");
}

TEST_F(ViewsTest, NewVersionsAppear) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "1")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("2026-11-01T10-00-00Z"));
  EXPECT_FALSE(find({"versions", "g"}));
  snapshot("2026-11-02T10:00:00Z", {file("f", "2"), file("g", "3")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z"));
  EXPECT_EQ(read({"versions", "g", "2026-11-02T10-00-00Z"}), "3");
}

TEST_F(ViewsTest, ADamagedDirectoryHidesItsVersionsOnly) {
  const Node bad = directory("d", {file("f", "1")});
  snapshot("2026-11-01T10:00:00Z", {bad});
  snapshot("2026-11-02T10:00:00Z", {directory("d", {file("f", "2")})});
  maker_.damage({BlobType::kTree, *bad.subtree});
  EXPECT_THAT(list({"versions", "d", "f"}), ElementsAre("2026-11-02T10-00-00Z"));
  EXPECT_THAT(warnings_,
              ElementsAre(::testing::StartsWith("versions/d: a state of it is left out: ")));
}

/// The figure that the status gives under a name.
std::uint64_t figure(const std::string& status, const std::string& name) {
  const std::size_t place = ("\n" + status).find("\n" + name + ": ");
  if (place == std::string::npos) throw Error(ErrorCode::kNotFound, "no " + name + " in " + status);
  return std::stoull(status.substr(place + name.size() + 2));
}

TEST_F(ViewsTest, StatusTellsWhatTheMountIsDoing) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "content")});
  ASSERT_EQ(read({"at", "now", "f"}), "content");
  const std::string before = read({".snapfs", "status"});
  ASSERT_EQ(read({"at", "now", "f"}), "content");
  const std::string after = read({".snapfs", "status"});
  EXPECT_EQ(figure(after, "snapshots"), 1U);
  EXPECT_EQ(figure(before, "blob_cache_misses"), 1U);
  EXPECT_EQ(figure(after, "blob_cache_misses"), 1U);
  EXPECT_EQ(figure(after, "blob_cache_hits"), figure(before, "blob_cache_hits") + 1);
  EXPECT_GE(figure(after, "blob_cache_bytes"), 7U);
  EXPECT_GT(figure(after, "tree_cache_hits"), figure(before, "tree_cache_hits"));
  EXPECT_GT(figure(after, "memory_bytes"), 1'000'000U);
  EXPECT_EQ(figure(after, "requests_in_flight"), 0U);
}

TEST_F(ViewsTest, EveryLookAtTheStatusIsAnotherFileAndOldOnesAreForgotten) {
  const Entry first = find({".snapfs", "status"}).value();
  const Entry second = find({".snapfs", "status"}).value();
  EXPECT_NE(first.ino, second.ino);
  EXPECT_TRUE(first.passing);
  EXPECT_EQ(fs().entry(first.ino).attributes.size, first.attributes.size);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(find({".snapfs", "status"}));
  EXPECT_THROW(fs().entry(first.ino), StaleInode);
  EXPECT_THROW(fs().read(first.ino, 0, 1), StaleInode);
}

TEST_F(ViewsTest, ControlFilesAreFoundAndNotListed) {
  EXPECT_THAT(list({}), ElementsAre("at", "changed", "hosts", "ids", "paths", "snapshots", "tags",
                                    "versions"));
  EXPECT_THAT(list({".snapfs"}), ElementsAre("status"));
  EXPECT_FALSE(find({".snapfs", "other"}));
  EXPECT_FALSE(find({".snapfs", "prefetch"})) << "only when it is asked for";
}

TEST_F(ViewsTest, PathsThatAreWrittenAreLoadedAhead) {
  const Node wanted = file("f", "wanted");
  const Node other = file("g", "not wanted");
  snapshot("2026-11-01T10:00:00Z", {directory("d", {wanted}), directory("e", {other})});
  options_.view.prefetch_file = true;
  const Entry writable = find({".snapfs", "prefetch"}).value();
  EXPECT_TRUE(fs().is_writable(writable.ino));
  EXPECT_EQ(writable.attributes.mode & 07777, 0200U);
  EXPECT_FALSE(fs().is_writable(ino({".snapfs", "status"})));
  EXPECT_FALSE(fs().is_writable(ino({"at", "now", "d", "f"})));
  fs().prefetch("absent\nsnapshots/latest/d\n\nsnapshots");
  while (!fs().is_prefetched()) std::this_thread::yield();
  EXPECT_TRUE(fs().is_cached(wanted.content[0]));
  EXPECT_FALSE(fs().is_cached(other.content[0]));
}

TEST_F(ViewsTest, ADamagedDirectoryDoesNotEndTheLoadingAhead) {
  const Node bad = directory("a", {file("x", "never read")});
  const Node wanted = file("f", "wanted");
  snapshot("2026-11-01T10:00:00Z", {bad, wanted});
  maker_.damage({BlobType::kTree, *bad.subtree});
  fs().prefetch("snapshots/latest");
  while (!fs().is_prefetched()) std::this_thread::yield();
  EXPECT_TRUE(fs().is_cached(wanted.content[0]));
}

}  // namespace
}  // namespace snapfs
