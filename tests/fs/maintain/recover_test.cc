// Trees without a snapshot, found again.
#include "fs/maintain/recover.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/maintain/progress.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/manual_clock.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {
namespace {

using test::FaultBackend;
using test::ManualClock;

class Warnings final : public MaintenanceProgress {
 public:
  void warn(std::string_view message) override { messages.emplace_back(message); }
  std::vector<std::string> messages;
};

class RecoverTest : public ::testing::Test {
 protected:
  RecoverTest() { make(); }

  void make() {
    maker_.reset();
    memory_ = std::make_unique<MemoryBackend>();
    maker_ = std::make_unique<RepositoryMaker>(*memory_);
  }

  /// A directory tree of three levels; its top.
  Id add_trees(std::string_view name) {
    const Id leaf = maker_->add_tree({maker_->make_file("file", {name})});
    const Id middle = maker_->add_tree({make_directory("leaf", leaf)});
    return maker_->add_tree({make_directory("middle", middle)});
  }

  RecoverOutcome recover(Backend& backend) {
    Repository repository(backend, as_bytes(kPassword), OpenOptions{}, {});
    return recover_trees(repository, clock_, [] {}, warnings_, {});
  }

  /// The names and subtrees of the recovered snapshot's top.
  std::vector<Node> recovered(const Id& snapshot) {
    const auto repository = maker_->open();
    repository->load_index({});
    const auto all = load_snapshots(*repository, {});
    return load_tree(*repository, find_snapshot(all, snapshot.hex(), {}).tree, {});
  }

  ManualClock clock_;
  std::unique_ptr<MemoryBackend> memory_;
  std::unique_ptr<RepositoryMaker> maker_;
  Warnings warnings_;
};

TEST_F(RecoverTest, RootsAreTreesThatNothingRefersTo) {
  const Id kept = add_trees("kept");
  const Id lost = add_trees("lost");
  const Id lost_too = add_trees("lost, too");
  maker_->add_snapshot(kept, "2026-01-01T00:00:00Z");
  const RecoverOutcome outcome = recover(*memory_);
  EXPECT_EQ(outcome.trees, 9U);
  EXPECT_EQ(outcome.roots, 2U);
  ASSERT_TRUE(outcome.snapshot);
  std::vector<Id> found;
  for (const Node& node : recovered(*outcome.snapshot)) {
    EXPECT_EQ(node.type, NodeType::kDirectory);
    EXPECT_EQ(node.name, node.subtree->short_hex());
    found.push_back(*node.subtree);
  }
  EXPECT_TRUE(std::ranges::is_permutation(found, std::vector<Id>{lost, lost_too}));

  const RecoverOutcome again = recover(*memory_);
  EXPECT_EQ(again.roots, 0U);
  EXPECT_FALSE(again.snapshot);
  EXPECT_TRUE(warnings_.messages.empty());
}

TEST_F(RecoverTest, SnapshotSaysWhatItIs) {
  add_trees("lost");
  maker_->flush();
  const Id id = *recover(*memory_).snapshot;
  const auto all = load_snapshots(*maker_->open(), {});
  const Snapshot snapshot = find_snapshot(all, id.hex(), {});
  EXPECT_EQ(snapshot.paths, std::vector<std::string>{"/recover"});
  EXPECT_EQ(snapshot.tags, std::vector<std::string>{"recovered"});
  EXPECT_EQ(snapshot.time.instant, clock_.now());
}

TEST_F(RecoverTest, WhatIsBelowADamagedTreeIsARoot) {
  const Id leaf = maker_->add_tree({maker_->make_file("file", {"content"})});
  const Id middle = maker_->add_tree({make_directory("leaf", leaf)});
  const Id top = maker_->add_tree({make_directory("middle", middle)});
  maker_->flush();
  maker_->damage({BlobType::kTree, middle});
  const RecoverOutcome outcome = recover(*memory_);
  EXPECT_EQ(outcome.unreadable, 1U);
  ASSERT_EQ(warnings_.messages.size(), 1U);
  EXPECT_NE(warnings_.messages[0].find(middle.short_hex()), std::string::npos);
  std::vector<Id> found;
  for (const Node& node : recovered(*outcome.snapshot)) found.push_back(*node.subtree);
  EXPECT_TRUE(std::ranges::is_permutation(found, std::vector<Id>{leaf, top}));
}

TEST_F(RecoverTest, ASnapshotThatCannotBeReadNowEndsIt) {
  maker_->add_snapshot(add_trees("kept"), "2026-01-01T00:00:00Z");
  for (const ErrorCode code :
       {ErrorCode::kOutOfResources, ErrorCode::kIo, ErrorCode::kPermission}) {
    FaultBackend backend(*memory_);
    backend.before_each_call([code](BackendCall call, const FileKey& key) {
      if (call == BackendCall::kLoad && key.kind == FileKind::kSnapshot) {
        throw Error(code, "not now");
      }
    });
    EXPECT_TRUE(fails_with(code, "not now", [&] { recover(backend); }));
    EXPECT_EQ(memory_->list(FileKind::kSnapshot, {}).size(), 1U);
  }
}

TEST_F(RecoverTest, KilledAnywhereNothingIsLostAndTheNextRunFindsIt) {
  for (std::size_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    make();
    const Id kept = add_trees("kept");
    const Id lost = add_trees("lost");
    const Id before = maker_->add_snapshot(kept, "2026-01-01T00:00:00Z").id;
    FaultBackend backend(*memory_);
    backend.freeze_at(nth);
    bool finished = false;
    try {
      recover(backend);
      finished = true;
    } catch (const Error&) {
    }
    EXPECT_EQ(backend.thaw(), !finished);
    const RecoverOutcome again = recover(*memory_);
    // What was written of the first attempt may itself be a tree without a snapshot now.
    EXPECT_EQ(again.roots, finished ? 0U : 1U);
    const auto repository = maker_->open();
    repository->load_index({});
    const auto all = load_snapshots(*repository, {});
    EXPECT_EQ(find_snapshot(all, before.hex(), {}).tree, kept);
    EXPECT_EQ(all.size(), 2U);
    const std::vector<Node> top = load_tree(*repository, all.back().tree, {});
    ASSERT_EQ(top.size(), 1U);
    // Either the root itself, or the tree that the first attempt had made of it.
    const Id root = *top.front().subtree;
    EXPECT_TRUE(root == lost || load_tree(*repository, root, {}).front().subtree == lost);
    if (finished) return;
  }
}

}  // namespace
}  // namespace snapfs::test
