// Trees and snapshots made anew: what is left out, what is repaired, and what stays byte for byte.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/path.h"
#include "fs/crypto/sha256.h"
#include "fs/maintain/snapshot_rewriter.h"
#include "fs/maintain/tree_editors.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"
#include "tests/fs/maintain/pruned_repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using test::make_directory;
using test::numbered_id;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Goes by paths as a whole: every directory is a state of its own.
class PathByPath final : public PathRule {
 public:
  using Choose = std::function<PathChoice(const std::string& path)>;

  explicit PathByPath(Choose choose) : choose_(std::move(choose)) {}

  EditState below(EditState directory, std::string_view name) const override {
    paths_.push_back(join_path(paths_.at(directory), name));
    return static_cast<EditState>(paths_.size() - 1);
  }
  PathChoice choose(EditState directory) const override { return choose_(paths_.at(directory)); }
  PathChoice choose(EditState directory, std::string_view name) const override {
    return choose_(join_path(paths_.at(directory), name));
  }

 private:
  const Choose choose_;
  mutable std::vector<std::string> paths_ = {"/"};
};

/// Goes by names alone: there is one state.
class NameByName final : public PathRule {
 public:
  explicit NameByName(std::string ending) : ending_(std::move(ending)) {}

  EditState below(EditState /*directory*/, std::string_view /*name*/) const override { return 0; }
  PathChoice choose(EditState /*directory*/) const override { return {}; }
  PathChoice choose(EditState /*directory*/, std::string_view name) const override {
    return {name.ends_with(ending_), true};
  }

 private:
  const std::string ending_;
};

class RewriteTest : public ::testing::Test {
 protected:
  RewriteTest() : faults_(memory_), maker_(faults_) {
    const Id logs = maker_.add_tree(
        {maker_.make_file("a.log", {"log a"}), maker_.make_file("b.txt", {"text", "more"})});
    sub_ = maker_.add_tree({maker_.make_file("c.txt", {"c"})});
    root_ = maker_.add_tree({make_directory("logs", logs), make_directory("sub", sub_),
                             test::make_symlink("z", "target")});
    snapshot_ = maker_.add_snapshot(root_, "2026-01-01T00:00:00+01:00");
  }

  RewrittenSnapshot rewrite(TreeEditor* editor, const SnapshotRewriteOptions& options,
                            const SnapshotEdit& edit = {}) {
    return rewrite(snapshot_, editor, options, edit);
  }

  RewrittenSnapshot rewrite(const Snapshot& snapshot, TreeEditor* editor,
                            const SnapshotRewriteOptions& options, const SnapshotEdit& edit = {}) {
    const auto repository = maker_.open();
    repository->load_index({});
    SnapshotRewriter rewriter(*repository, clock_, editor, options, {});
    return rewriter.rewrite(snapshot, edit);
  }

  RewrittenSnapshot repair(const Snapshot& snapshot, SnapshotRewriteOptions options = {}) {
    const auto repository = maker_.open();
    repository->load_index({});
    options.tag = "repaired";
    repairs_.clear();
    RepairingEditor editor(repository->index(), [&](const std::string& path, std::string_view) {
      repairs_.push_back(path);
    });
    return rewrite(snapshot, &editor, options);
  }

  /// All with one editor, as the command does.
  void repair_all(const std::vector<Snapshot>& snapshots) {
    const auto repository = maker_.open();
    repository->load_index({});
    repairs_.clear();
    RepairingEditor editor(repository->index(), [&](const std::string& path, std::string_view) {
      repairs_.push_back(path);
    });
    const SnapshotRewriteOptions options{.tag = "repaired"};
    SnapshotRewriter rewriter(*repository, clock_, &editor, options, {});
    for (const Snapshot& snapshot : snapshots) {
      repairs_.push_back(snapshot.hostname);
      rewriter.rewrite(snapshot);
    }
  }

  void require_root(const std::vector<Snapshot>& snapshots) {
    const auto repository = maker_.open();
    repository->load_index({});
    require_readable_root(*repository, snapshots, {});
  }

  void remove_all(FileKind kind) {
    for (const Id& id : maker_.repository().list(kind, {})) memory_.remove({kind, id}, {});
  }

  /// Every path in the snapshot, with the size for files.
  std::vector<std::string> paths(const Id& snapshot) {
    const auto repository = maker_.open();
    repository->load_index({});
    std::vector<std::string> found;
    const std::function<void(const Id&, const std::string&)> list = [&](const Id& tree,
                                                                        const std::string& path) {
      for (const Node& node : load_tree(*repository, tree, {})) {
        const bool file = node.type == NodeType::kFile;
        found.push_back(path + node.name + (file ? ":" + std::to_string(node.size) : ""));
        if (node.subtree) list(*node.subtree, path + node.name + "/");
      }
    };
    list(load(snapshot).tree, "/");
    return found;
  }

  Snapshot load(const Id& id) {
    const Bytes json = maker_.repository().load_file({FileKind::kSnapshot, id}, {});
    return parse_snapshot(id, json);
  }

  std::size_t snapshots() { return maker_.repository().list(FileKind::kSnapshot, {}).size(); }

  const NameByName logs_{".log"};
  const NameByName none_{".none"};
  MemoryBackend memory_;
  FaultBackend faults_;
  test::RepositoryMaker maker_;
  SystemClock clock_;
  Id sub_;
  Id root_;
  Snapshot snapshot_;
  std::vector<std::string> repairs_;
};

TEST_F(RewriteTest, LeavesOutWhatIsRejected) {
  std::vector<std::string> excluded;
  ExcludingEditor editor(
      logs_, [&](const std::string& path, std::string_view) { excluded.push_back(path); });
  const RewrittenSnapshot result = rewrite(&editor, {.tag = "rewrite"});
  ASSERT_TRUE(result.changed && result.id);
  EXPECT_THAT(paths(*result.id),
              ElementsAre("/logs", "/logs/b.txt:8", "/sub", "/sub/c.txt:1", "/z"));
  EXPECT_THAT(excluded, ElementsAre("/logs/a.log"));
  const Snapshot changed = load(*result.id);
  Snapshot expected = snapshot_;
  expected.id = changed.id;
  expected.tree = changed.tree;
  expected.original = snapshot_.id;
  expected.tags = {"rewrite"};
  EXPECT_EQ(changed, expected);
  EXPECT_EQ(snapshots(), 2U);
}

TEST_F(RewriteTest, KeepsOnlyWhatIsIncludedAndTheWayToIt) {
  IncludingEditor editor(logs_, nullptr);
  const RewrittenSnapshot result = rewrite(&editor, {});
  EXPECT_THAT(paths(*result.id), ElementsAre("/logs", "/logs/a.log:5"));
}

TEST_F(RewriteTest, KeepsEmptyDirectoriesThatAreIncludedThemselves) {
  const Id empty = maker_.add_tree({});
  const Id root = maker_.add_tree({make_directory("a", empty), make_directory("b", empty)});
  const Snapshot snapshot = maker_.add_snapshot(root, "2026-01-02T00:00:00Z");
  const PathByPath rule([](const std::string& path) { return PathChoice{path == "/a", true}; });
  IncludingEditor editor(rule, nullptr);
  EXPECT_THAT(paths(*rewrite(snapshot, &editor, {}).id), ElementsAre("/a"));
}

TEST_F(RewriteTest, ASnapshotOfWhichNothingIsIncludedStaysAsItIs) {
  const PathByPath rule([](const std::string&) { return PathChoice{}; });
  IncludingEditor editor(rule, nullptr);
  SnapshotEdit edit;
  edit.count_files = true;
  EXPECT_FALSE(rewrite(&editor, {.forget = true}, edit).changed);
  EXPECT_EQ(snapshots(), 1U);
}

TEST_F(RewriteTest, WhatDoesNotChangeStaysAsItIs) {
  ExcludingEditor editor(none_, nullptr);
  EXPECT_FALSE(rewrite(&editor, {}).changed);
  EXPECT_EQ(snapshots(), 1U);
}

TEST_F(RewriteTest, OtherNodesKeepEveryByte) {
  const std::string strange =
      R"({"name":"keep","type":"symlink","mtime":"2026-01-01T00:00:00+05:30","new field":[1.0,2]})";
  const std::string tree = R"({"nodes":[{"name":"a.log","type":"fifo"},)" + strange + "]}\n";
  const Id root = maker_.add_tree_text(tree);
  const Snapshot snapshot = maker_.add_snapshot(root, "2026-01-02T00:00:00Z");
  ExcludingEditor editor(logs_, nullptr);
  const RewrittenSnapshot result = rewrite(snapshot, &editor, {});
  const auto repository = maker_.open();
  repository->load_index({});
  const Bytes blob = repository->load_blob({BlobType::kTree, load(*result.id).tree}, {});
  EXPECT_EQ(as_text(blob), R"({"nodes":[)" + strange + "]}\n");
}

TEST_F(RewriteTest, RefusesATreeThatWouldLoseSomething) {
  const Id root = maker_.add_tree_text(R"({"more":1,"nodes":[{"name":"a.log","type":"fifo"}]})");
  const Snapshot snapshot = maker_.add_snapshot(root, "2026-01-02T00:00:00Z");
  ExcludingEditor editor(logs_, nullptr);
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnsupported, "would lose", [&] { rewrite(snapshot, &editor, {}); }));
  ExcludingEditor nothing(none_, nullptr);
  EXPECT_FALSE(rewrite(snapshot, &nothing, {}).changed);
}

TEST_F(RewriteTest, TheOldSnapshotGoesWhenTheNewOneIsThere) {
  ExcludingEditor editor(logs_, nullptr);
  const RewrittenSnapshot result = rewrite(&editor, {.forget = true, .tag = "rewrite"});
  EXPECT_TRUE(result.old_removed);
  EXPECT_TRUE(load(*result.id).tags.empty());
  EXPECT_EQ(snapshots(), 1U);
}

TEST_F(RewriteTest, ADryRunWritesNothing) {
  ExcludingEditor editor(logs_, nullptr);
  const std::size_t saves = faults_.ended({BackendCall::kSave, {}});
  EXPECT_TRUE(rewrite(&editor, {.dry_run = true, .forget = true}).changed);
  EXPECT_EQ(faults_.ended({BackendCall::kSave, {}}), saves);
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), 0U);
}

TEST_F(RewriteTest, DescribesASnapshotDifferently) {
  SnapshotEdit edit;
  edit.hostname = "beta";
  edit.time = ZonedTime{{1'800'000'000, 0}, 3600};
  const RewrittenSnapshot result = rewrite(nullptr, {.tag = "rewrite"}, edit);
  const Snapshot changed = load(*result.id);
  EXPECT_EQ(changed.hostname, "beta");
  EXPECT_EQ(changed.time, *edit.time);
  EXPECT_EQ(changed.tree, snapshot_.tree);
}

TEST_F(RewriteTest, CountsWhatIsLeft) {
  ExcludingEditor editor(logs_, nullptr);
  SnapshotEdit edit;
  edit.count_files = true;
  const RewrittenSnapshot result = rewrite(&editor, {}, edit);
  const SnapshotSummary summary = load(*result.id).summary.value();
  EXPECT_EQ(summary.total_files_processed, 2U);
  EXPECT_EQ(summary.total_bytes_processed, 9U);
}

TEST_F(RewriteTest, IsCorrectAfterEveryOperationThatCouldBeItsLast) {
  for (std::size_t operations = 0;; ++operations) {
    std::atomic<std::size_t> done = 0;
    std::atomic<bool> off = false;
    faults_.before_each_call([&](BackendCall call, const FileKey&) {
      const bool changes = call == BackendCall::kSave || call == BackendCall::kRemove;
      if (changes && done++ >= operations) off = true;
      if (off) throw Error(ErrorCode::kIo, "the machine is off");
    });
    bool finished = false;
    const std::size_t before = test::count_intact_snapshots(memory_);
    try {
      SnapshotEdit edit;
      edit.hostname = "x" + std::to_string(operations);
      ExcludingEditor log(logs_, nullptr);
      rewrite(&log, {.forget = true}, edit);
      finished = true;
    } catch (const Error&) {
    }
    EXPECT_GE(test::count_intact_snapshots(memory_), before);
    if (finished) break;
    ASSERT_LT(operations, 10U);
  }
}

TEST_F(RewriteTest, RepairLeavesIntactSnapshotsAlone) {
  EXPECT_FALSE(repair(snapshot_).changed);
  EXPECT_THAT(repairs_, IsEmpty());
}

TEST_F(RewriteTest, RepairEmptiesDirectoriesThatAreLost) {
  maker_.damage({BlobType::kTree, sub_});
  const RewrittenSnapshot result = repair(snapshot_);
  EXPECT_THAT(paths(*result.id),
              ElementsAre("/logs", "/logs/a.log:5", "/logs/b.txt:8", "/sub", "/z"));
  EXPECT_THAT(repairs_, ElementsAre("/sub"));
  EXPECT_EQ(load(*result.id).tags, std::vector<std::string>{"repaired"});
}

TEST_F(RewriteTest, RepairShortensFilesThatLostSomething) {
  Node file = maker_.make_file("f", {"here", "there"});
  file.content.insert(file.content.begin() + 1, numbered_id(1));
  file.size += 100;
  Node wrong = maker_.make_file("wrong size", {"12345"});
  wrong.size = 7;
  const Id root = maker_.add_tree({file, wrong});
  const RewrittenSnapshot result = repair(maker_.add_snapshot(root, "2026-01-03T00:00:00Z"));
  EXPECT_THAT(paths(*result.id), ElementsAre("/f:9", "/wrong size:5"));
  EXPECT_THAT(repairs_, ElementsAre("/f", "/wrong size"));
}

TEST_F(RewriteTest, RepairMakesOddTreesReadable) {
  const std::string id = sub_.hex();
  const Id root = maker_.add_tree_text(
      R"({"nodes":[{"name":"b","type":"dir","subtree":")" + id +
      R"("},{"name":"a","type":"file","content":null},{"name":"b","type":"fifo"},)" +
      R"({"name":"d","type":"dir","subtree":null},{"name":"../e","type":"fifo"},)" +
      R"({"name":"g","type":"nobody knows"}]})");
  const RewrittenSnapshot result = repair(maker_.add_snapshot(root, "2026-01-03T00:00:00Z"));
  EXPECT_THAT(paths(*result.id), ElementsAre("/a:0", "/b", "/b/c.txt:1", "/d"));
  EXPECT_THAT(repairs_, ::testing::UnorderedElementsAre("/a", "/b", "/d", "/../e", "/g", "/"));
  EXPECT_FALSE(repair(load(*result.id)).changed);
}

TEST_F(RewriteTest, RepairBringsBackTheEmptyDirectory) {
  const Id empty = sha256(as_bytes("{\"nodes\":[]}\n"));
  const Id root = maker_.add_tree({make_directory("d", empty)});
  const Snapshot snapshot = maker_.add_snapshot(root, "2026-01-03T00:00:00Z");
  EXPECT_THROW(test::count_intact_snapshots(memory_), Error);
  repair(snapshot);
  EXPECT_EQ(test::count_intact_snapshots(memory_), 2U);
}

TEST_F(RewriteTest, RepairRemovesWhatIsLostAltogetherOnlyWhenTold) {
  maker_.damage({BlobType::kTree, root_});
  const RewrittenSnapshot kept = repair(snapshot_);
  EXPECT_TRUE(kept.lost && kept.changed);
  EXPECT_EQ(snapshots(), 1U);
  const RewrittenSnapshot result = repair(snapshot_, {.forget = true});
  EXPECT_TRUE(result.lost && result.old_removed);
  EXPECT_FALSE(result.id);
  EXPECT_EQ(snapshots(), 0U);
}

TEST_F(RewriteTest, WhatCannotBeReadNowIsNotLost) {
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kPermission, ErrorCode::kUnsupported}) {
    faults_.fail({BackendCall::kLoad, FileKind::kPack}, 1, code, FaultBackend::kForever);
    EXPECT_TRUE(fails_with(code, "does not mean that it is lost",
                           [&] { repair(snapshot_, {.forget = true}); }));
    EXPECT_TRUE(fails_with(code, [&] { require_root({snapshot_}); }));
    faults_.clear_faults();
  }
  // A directory in it, when the root was read.
  faults_.fail({BackendCall::kLoad, FileKind::kPack}, 2, ErrorCode::kIo, FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, [&] { repair(snapshot_, {.forget = true}); }));
  EXPECT_THAT(repairs_, IsEmpty());
  EXPECT_EQ(snapshots(), 1U);
}

TEST_F(RewriteTest, AnOldSnapshotThatCannotBeRemovedIsToldOfWithTheNewOne) {
  faults_.fail({BackendCall::kRemove, FileKind::kSnapshot}, 1, ErrorCode::kPermission);
  SnapshotEdit edit;
  edit.hostname = "other";
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "is stored, but the one whose place",
                         [&] { rewrite(nullptr, {.forget = true}, edit); }));
  EXPECT_EQ(snapshots(), 2U);
}

TEST_F(RewriteTest, OneRootThatCanBeReadIsEnough) {
  const Id other = maker_.add_tree({maker_.make_file("f", {"other"})});
  const Snapshot second = maker_.add_snapshot(other, "2026-01-02T00:00:00Z");
  maker_.damage({BlobType::kTree, root_});
  EXPECT_NO_THROW(require_root({snapshot_, second}));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "snapfs forget", [&] { require_root({snapshot_}); }));
  EXPECT_NO_THROW(require_root({}));
}

TEST_F(RewriteTest, WithoutAPackOrAnIndexEverythingOnlySeemsLost) {
  const Id empty = maker_.add_tree({});
  const Snapshot second = maker_.add_snapshot(empty, "2026-01-02T00:00:00Z");
  remove_all(FileKind::kPack);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "not one pack", [&] {
    require_root({snapshot_, second});
  }));
  remove_all(FileKind::kIndex);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { require_root({snapshot_, second}); }));
  // This one can be made again from nothing.
  EXPECT_NO_THROW(require_root({second}));
}

TEST_F(RewriteTest, WhatIsLostIsNamedWhereverItIsMissed) {
  const Id gone = maker_.add_tree({maker_.make_file("x", {"x"})});
  Node file = maker_.make_file("f", {"f"});
  file.content.push_back(numbered_id(1));
  const Id shared = maker_.add_tree({file, make_directory("gone", gone)});
  const Id way = maker_.add_tree({make_directory("shared", shared)});
  const Id first = maker_.add_tree(
      {make_directory("a", way), make_directory("b", way), make_directory("c", gone)});
  const Id third = maker_.add_tree({make_directory("d", first)});
  const std::vector<Snapshot> all = {maker_.add_snapshot(first, "2026-01-02T00:00:00Z", "1"),
                                     maker_.add_snapshot(first, "2026-01-03T00:00:00Z", "2"),
                                     maker_.add_snapshot(third, "2026-01-04T00:00:00Z", "3"),
                                     maker_.add_snapshot(gone, "2026-01-05T00:00:00Z", "4")};
  maker_.damage({BlobType::kTree, gone});
  repair_all(all);
  EXPECT_THAT(repairs_,
              ElementsAre("1", "/a/shared/f", "/a/shared/gone", "/b/shared/f", "/b/shared/gone",
                          "/c",  //
                          "2", "/a/shared/f", "/a/shared/gone", "/b/shared/f", "/b/shared/gone",
                          "/c",  //
                          "3", "/d/a/shared/f", "/d/a/shared/gone", "/d/b/shared/f",
                          "/d/b/shared/gone", "/d/c",  //
                          "4", "/"));
}

TEST_F(RewriteTest, DamageEndsARewriteAndChangesNothing) {
  maker_.damage({BlobType::kTree, sub_});
  ExcludingEditor editor(logs_, nullptr);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { rewrite(&editor, {.forget = true}); }));
  EXPECT_EQ(snapshots(), 1U);
}

// 41 trees, and 2^40 paths to the last of them.
TEST_F(RewriteTest, EditsATreeOnceInEachStateHoweverManyPathsLeadToIt) {
  Id tree = maker_.add_tree({maker_.make_file("a.log", {"a"}), maker_.make_file("b", {"bc"})});
  for (int i = 0; i < 40; ++i) {
    tree = maker_.add_tree({make_directory("l", tree), make_directory("r", tree)});
  }
  const Snapshot snapshot = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");
  std::vector<std::string> excluded;
  ExcludingEditor editor(logs_, [&](const std::string& path, std::string_view what) {
    excluded.push_back(path + ": " + std::string(what));
  });
  SnapshotEdit edit;
  edit.count_files = true;
  const RewrittenSnapshot result = rewrite(snapshot, &editor, {.tag = "rewrite"}, edit);
  const SnapshotSummary summary = load(*result.id).summary.value();
  EXPECT_EQ(summary.total_files_processed, std::uint64_t{1} << 40);
  EXPECT_EQ(summary.total_bytes_processed, std::uint64_t{2} << 40);
  // The first path, those that were repeated, and how many are not told.
  ASSERT_EQ(excluded.size(), 1 + TreeLog::kMostRepeated + 1);
  EXPECT_TRUE(excluded.front().ends_with("/l/l/a.log: excluded"));
  EXPECT_THAT(excluded.back(), ::testing::HasSubstr(std::to_string((std::uint64_t{1} << 40) - 1 -
                                                                   TreeLog::kMostRepeated)));
}

TEST_F(RewriteTest, RepairsATreeOnceHoweverManyPathsLeadToIt) {
  Id tree = maker_.add_tree({maker_.make_file("a", {"a"})});
  const Id lost = tree;
  for (int i = 0; i < 40; ++i) {
    tree = maker_.add_tree({make_directory("l", tree), make_directory("r", tree)});
  }
  const Snapshot snapshot = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");
  maker_.damage({BlobType::kTree, lost});
  EXPECT_TRUE(repair(snapshot).changed);
  EXPECT_LE(repairs_.size(), 2 * TreeLog::kMostRepeated);
}

// Far deeper than the stack would bear, or memory that held every directory's path.
TEST_F(RewriteTest, GoesAsDeepAsTheSnapshotDoes) {
  Id tree = maker_.add_tree({maker_.make_file("a.log", {"a"})});
  constexpr int kDepth = 20'000;
  for (int i = 0; i < kDepth; ++i) tree = maker_.add_tree({make_directory("d", tree)});
  const Snapshot snapshot = maker_.add_snapshot(tree, "2026-01-02T00:00:00Z");
  ExcludingEditor editor(logs_, nullptr);
  EXPECT_TRUE(rewrite(snapshot, &editor, {.dry_run = true}).changed);
  EXPECT_FALSE(repair(snapshot, {.dry_run = true}).changed);
}

}  // namespace
}  // namespace snapfs
