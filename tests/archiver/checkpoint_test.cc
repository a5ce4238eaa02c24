// Partial snapshots: what they hold, and that the next run goes on from them.
#include <cerrno>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archiver/checkpoint_log.h"
#include "fs/base/path.h"
#include "fs/tree/node_json.h"
#include "fs/tree/snapshot_list.h"
#include "tests/archiver/archiver_fixture.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A log whose trees are kept as text.
class CheckpointLogTest : public ::testing::Test {
 protected:
  static Node directory(const std::string& name) {
    Node node;
    node.name = name;
    node.type = NodeType::kDirectory;
    return node;
  }

  static std::string file(const std::string& name) {
    Node node;
    node.name = name;
    std::string json;
    append_node_json(json, node, TimeZone());
    return json;
  }

  /// The names of the root tree and those below, as paths.
  std::vector<std::string> paths() {
    std::map<Id, std::string> trees;
    std::uint8_t next = 0;
    const std::optional<Id> root = log_.save([&](const std::string& json) {
      const Id id{{++next}};
      trees[id] = json;
      return id;
    });
    std::vector<std::string> found;
    if (root) add_paths(trees, *root, "", found);
    return found;
  }

  TimeZone zone_;
  CheckpointLog log_{zone_, 1000};

 private:
  static void add_paths(std::map<Id, std::string>& trees, const Id& tree, const std::string& above,
                        std::vector<std::string>& found) {
    parse_tree(as_bytes(trees[tree]), [&](Node&& node) {
      const std::string path = above + "/" + node.name;
      found.push_back(path);
      if (node.subtree && trees.contains(*node.subtree)) {
        add_paths(trees, *node.subtree, path, found);
      }
    });
  }
};

TEST_F(CheckpointLogTest, HoldsWhatIsDoneOfDirectoriesInProgress) {
  EXPECT_THAT(paths(), IsEmpty());
  const auto a = log_.root()->enter("a", directory("a"));
  const auto b = a->enter("b", directory("b"));
  EXPECT_THAT(paths(), IsEmpty());
  b->add_file("2", file("2"));
  b->add_file("1", file("1"));
  a->add_file("z", file("z"));
  EXPECT_THAT(paths(), ElementsAre("/a", "/a/b", "/a/b/1", "/a/b/2", "/a/z"));
}

TEST_F(CheckpointLogTest, AFinishedDirectoryIsOneNode) {
  const auto a = log_.root()->enter("a", directory("a"));
  auto b = a->enter("b", directory("b"));
  b->add_file("1", file("1"));
  Node node = directory("b");
  node.subtree = Id{{99}};
  std::string json;
  append_node_json(json, node, zone_);
  b->finish(json);
  EXPECT_THAT(paths(), ElementsAre("/a", "/a/b"));
  b.reset();
  EXPECT_THAT(paths(), ElementsAre("/a", "/a/b"));
}

TEST_F(CheckpointLogTest, ADirectoryThatFailsLeavesNothing) {
  auto a = log_.root()->enter("a", directory("a"));
  a->add_file("1", file("1"));
  a.reset();
  EXPECT_THAT(paths(), IsEmpty());
}

TEST_F(CheckpointLogTest, FilesBeyondTheLimitWaitForTheirDirectory) {
  const auto a = log_.root()->enter("a", directory("a"));
  for (int i = 0; i < 100; ++i) a->add_file(std::to_string(i), file(std::to_string(i)));
  const std::size_t kept = paths().size();
  EXPECT_GT(kept, 2U);
  EXPECT_LT(kept, 10U);
  // What was let go makes room again.
  const auto b = log_.root()->enter("b", directory("b"));
  a->finish(file("a"));
  b->add_file("1", file("1"));
  EXPECT_THAT(paths(), ElementsAre("/a", "/b", "/b/1"));
}

class CheckpointTest : public ArchiverTest {
 protected:
  static constexpr std::size_t kFiles = 50;  ///< in /data/a

  CheckpointTest() {
    for (std::size_t i = 0; i < kFiles; ++i) {
      source_.add_file("/data/a/" + std::to_string(i), "content " + std::to_string(i));
    }
    source_.add_file("/data/b/first", pseudo_random(300 << 10));  // no chunks to wait for
    source_.add_file("/data/b/last", "the last one");
    workers_ = 1;
  }

  /// Files that fill more than one pack, each saved in one go.
  void add_some_packs() {
    for (int i = 0; i < 40; ++i) {
      source_.add_file("/data/a/more" + std::to_string(i),
                       std::to_string(i) + pseudo_random((300 << 10) + i * 4096));
    }
  }

  /// A run that fails at the last file, when a partial snapshot with all other files is there.
  Snapshot interrupted(std::optional<Snapshot> parent = std::nullopt) {
    customize_ = [&](SnapshotRequest& request) {
      request.checkpoint_every = std::chrono::milliseconds(1);
    };
    source_.observe([this](SourceOperation operation, const std::string& path) {
      if (operation != SourceOperation::kRead || path != "/data/b/last") return;
      while (!nearly_complete()) std::this_thread::yield();
      throw Error(ErrorCode::kInternal, "injected");
    });
    EXPECT_THROW(take(std::move(parent)), Error);
    source_.observe(nullptr);
    customize_ = nullptr;
    return *nearly_complete();
  }

  /// None when one of them was replaced while they were read.
  std::vector<Snapshot> snapshots() {
    try {
      return load_snapshots(*repository_, {});
    } catch (const Error&) {
      return {};
    }
  }

  /// A partial snapshot, other than `known`, that has all but the file that is read last.
  std::optional<Snapshot> nearly_complete(const Id& known = {}) {
    for (const Snapshot& snapshot : snapshots()) {
      if (!is_partial(snapshot) || snapshot.id == known) continue;
      try {
        node_at(snapshot, {"data", "b", "first"});
        const Node files = node_at(snapshot, {"data", "a"});
        if (names_in(*files.subtree).size() >= kFiles) return snapshot;
      } catch (const Error&) {
        // Not that far yet, or replaced meanwhile.
      }
    }
    return std::nullopt;
  }

  std::size_t opens() { return source_.count(SourceOperation::kOpenFile); }
};

TEST_F(CheckpointTest, TheNextRunGoesOnFromWhatWasWritten) {
  const Snapshot partial = interrupted();
  EXPECT_THAT(partial.tags, ElementsAre("snapfs-partial"));
  EXPECT_EQ(stored(FileKind::kSnapshot), 1U);
  open();  // only what is stored and listed counts
  EXPECT_EQ(content_of(node_at(partial, {"data", "a", "7"})), "content 7");
  const std::size_t before = opens();
  customize_ = [&](SnapshotRequest& request) {
    request.partial = {partial};
    request.superfluous = {partial.id};
  };
  const Snapshot complete = take();
  EXPECT_EQ(opens(), before + 1) << "only the last file was still to be read";
  EXPECT_EQ(complete.summary->files_unmodified, 51U);
  EXPECT_EQ(content_of(node_at(complete, {"data", "b", "last"})), "the last one");
  EXPECT_FALSE(complete.parent);
  EXPECT_EQ(repository_->list(FileKind::kSnapshot, {}), std::vector{complete.id});
}

TEST_F(CheckpointTest, ARunThatCouldNotReadEverythingKeepsWhatEarlierOnesHad) {
  const Snapshot partial = interrupted();
  open();
  source_.fail("/data/b", SourceOperation::kOpenDir, EIO);
  customize_ = [&](SnapshotRequest& request) {
    request.partial = {partial};
    request.superfluous = {partial.id};
  };
  take();
  EXPECT_GT(progress_.errors, 0U);
  EXPECT_EQ(stored(FileKind::kSnapshot), 2U);
  EXPECT_TRUE(nearly_complete());
}

TEST_F(CheckpointTest, APartialSnapshotHoldsWhatWasTakenOverFromAnotherOne) {
  const Snapshot partial = interrupted();
  open();
  customize_ = nullptr;
  source_.observe([this, &partial](SourceOperation operation, const std::string& path) {
    if (operation != SourceOperation::kRead || path != "/data/b/last") return;
    while (!nearly_complete(partial.id)) std::this_thread::yield();
    throw Error(ErrorCode::kInternal, "injected");
  });
  customize_ = [&](SnapshotRequest& request) {
    request.partial = {partial};
    request.checkpoint_every = std::chrono::milliseconds(1);
  };
  EXPECT_THROW(take(), Error);
  const Snapshot second = nearly_complete(partial.id).value();
  EXPECT_EQ(content_of(node_at(second, {"data", "a", "7"})), "content 7");
}

TEST_F(CheckpointTest, AFinishedRunLeavesNoPartialSnapshot) {
  source_.observe([this](SourceOperation operation, const std::string& path) {
    if (operation != SourceOperation::kRead || path != "/data/b/last") return;
    while (!nearly_complete()) std::this_thread::yield();
  });
  customize_ = [](SnapshotRequest& request) {
    request.checkpoint_every = std::chrono::milliseconds(1);
  };
  const Snapshot complete = take();
  EXPECT_EQ(repository_->list(FileKind::kSnapshot, {}), std::vector{complete.id});
  EXPECT_THAT(complete.tags, IsEmpty());
}

TEST_F(CheckpointTest, WhereNothingIsRemovedThereAreNoPartialSnapshots) {
  repository_->files().keep_everything();
  add_some_packs();
  customize_ = [](SnapshotRequest& request) {
    request.checkpoint_every = std::chrono::milliseconds(1);
  };
  const Snapshot complete = take();
  EXPECT_EQ(repository_->list(FileKind::kSnapshot, {}), std::vector{complete.id});
}

TEST_F(CheckpointTest, WhatAnInterruptedRunStoredIsListed) {
  add_some_packs();
  source_.observe([this](SourceOperation operation, const std::string& path) {
    if (operation != SourceOperation::kRead || path != "/data/b/last") return;
    while (backend_.size(FileKey::config(), {}) && stored(FileKind::kPack) == 0) {
      std::this_thread::yield();
    }
    throw Error(ErrorCode::kInternal, "injected");
  });
  EXPECT_THROW(take(), Error);
  source_.observe(nullptr);
  EXPECT_EQ(stored(FileKind::kSnapshot), 0U);
  const std::size_t packs = stored(FileKind::kPack);
  ASSERT_GT(packs, 0U);
  open();
  EXPECT_EQ(repository_->index().pack_count(), packs);
}

TEST_F(CheckpointTest, ALostLockKeepsTheIndexFromBeingWritten) {
  add_some_packs();
  customize_ = [](SnapshotRequest& request) {
    request.before_commit = [] { throw Error(ErrorCode::kCancelled, "lost"); };
  };
  EXPECT_THROW(take(), Error);
  customize_ = nullptr;
  source_.observe([](SourceOperation operation, const std::string& path) {
    if (operation == SourceOperation::kRead && path == "/data/b/last") {
      throw Error(ErrorCode::kInternal, "injected");
    }
  });
  const std::size_t before = stored(FileKind::kIndex);
  customize_ = [](SnapshotRequest& request) {
    request.before_commit = [] { throw Error(ErrorCode::kCancelled, "lost"); };
  };
  EXPECT_THROW(take(), Error);
  EXPECT_EQ(stored(FileKind::kIndex), before);
}

}  // namespace
}  // namespace snapfs
