// Snapshots removed and replaced: what goes wrong, and what a crash leaves.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tag_change.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::FaultBackend;
using test::numbered_id;

constexpr std::size_t kCount = 5;

/// A repository with five snapshots, tree 1 to tree 5.
class SnapshotChangesTest : public ::testing::Test {
 protected:
  SnapshotChangesTest() { make(); }

  void make() {
    repository_.reset();
    backend_.reset();
    memory_ = std::make_unique<MemoryBackend>();
    Repository::init(*memory_, as_bytes("x"), kQuickInit, {});
    backend_ = std::make_unique<FaultBackend>(*memory_);
    repository_ =
        std::make_unique<Repository>(*backend_, as_bytes("x"), OpenOptions{}, StopToken{});
    for (std::size_t i = 1; i <= kCount; ++i) {
      Snapshot snapshot;
      snapshot.time.instant.seconds = static_cast<std::int64_t>(i);
      snapshot.tree = numbered_id(i);
      snapshot.tags = {"t"};
      save_snapshot(*repository_, snapshot, {});
    }
  }

  std::vector<Snapshot> stored() { return load_snapshots(*repository_, {}); }

  std::vector<Id> ids() {
    std::vector<Id> ids;
    for (const Snapshot& snapshot : stored()) ids.push_back(snapshot.id);
    std::ranges::sort(ids);
    return ids;
  }

  std::unique_ptr<MemoryBackend> memory_;
  std::unique_ptr<FaultBackend> backend_;
  std::unique_ptr<Repository> repository_;
};

TEST_F(SnapshotChangesTest, KilledRemovalLeavesWhatWasNotToBeRemoved) {
  for (std::size_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    make();
    const std::vector<Id> all = ids();
    backend_->freeze_at(nth);
    StoredFiles stored(*backend_);
    const RemovalResult result =
        remove_files(stored, FileKind::kSnapshot, {all[0], all[1], all[2]}, {});
    const bool killed = backend_->thaw();
    EXPECT_EQ(result.removed, nth - 1);
    const std::vector<Id> left = ids();
    EXPECT_EQ(left.size(), kCount - result.removed);
    EXPECT_TRUE(std::ranges::includes(left, std::vector<Id>{all[3], all[4]}));
    if (!killed) return;
  }
}

TEST_F(SnapshotChangesTest, ReplacementRemembersTheFirstVersion) {
  const Snapshot first = stored().front();
  Snapshot changed = first;
  changed.tags = {"a"};
  const Id second = replace_snapshot(*repository_, first, changed, {});
  EXPECT_EQ(stored().front().id, second);
  EXPECT_EQ(stored().front().original, first.id);
  changed = stored().front();
  changed.tags = {"b"};
  replace_snapshot(*repository_, stored().front(), changed, {});
  EXPECT_EQ(stored().front().original, first.id);
  EXPECT_EQ(stored().front().tags, std::vector<std::string>{"b"});
  EXPECT_EQ(stored().size(), kCount);
}

TEST_F(SnapshotChangesTest, AReplacementBesideWhichTheOldOneStaysIsNamed) {
  const Snapshot first = stored().front();
  Snapshot changed = first;
  changed.tags = {"a"};
  backend_->fail({test::BackendCall::kRemove, FileKind::kSnapshot}, 1, ErrorCode::kPermission);
  EXPECT_TRUE(test::fails_with(ErrorCode::kPermission, "is stored, but the one whose place",
                               [&] { replace_snapshot(*repository_, first, changed, {}); }));
  EXPECT_EQ(stored().size(), kCount + 1);
}

TEST_F(SnapshotChangesTest, KilledReplacementLeavesEverySnapshotInOneVersionAtLeast) {
  for (std::size_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    make();
    const std::vector<Snapshot> before = stored();
    backend_->freeze_at(nth);
    try {
      for (const Snapshot& snapshot : before) {
        Snapshot changed = snapshot;
        changed.tags = {"new"};
        replace_snapshot(*repository_, snapshot, changed, {});
      }
    } catch (const Error&) {
    }
    const bool killed = backend_->thaw();
    std::map<Id, std::size_t> versions;
    for (const Snapshot& snapshot : stored()) {
      ++versions[snapshot.tree];
      EXPECT_EQ(snapshot.tags == std::vector<std::string>{"new"}, snapshot.original.has_value());
    }
    EXPECT_EQ(versions.size(), kCount);
    EXPECT_LE(stored().size(), kCount + 1) << "at most the one being replaced is there twice";
    if (!killed) {
      EXPECT_EQ(nth, 2 * kCount + 1);
      EXPECT_EQ(stored().size(), kCount);
      return;
    }
  }
}

TEST(TagChange, AddsRemovesAndSets) {
  using Tags = std::vector<std::string>;
  const auto apply = [](Tags set, Tags add, Tags remove, Tags tags) {
    return TagChange{std::move(set), std::move(add), std::move(remove)}.apply_to(std::move(tags));
  };
  EXPECT_EQ(apply({}, {"b", "c", "b"}, {}, {"a", "b"}), (Tags{"a", "b", "c"}));
  EXPECT_EQ(apply({}, {}, {"a", "x"}, {"a", "b", "c"}), (Tags{"c", "b"})) << "as restic does";
  EXPECT_EQ(apply({}, {}, {"a"}, {"a", "b", "a"}), (Tags{"b"}));
  EXPECT_EQ(apply({}, {"n"}, {"n"}, {"a"}), (Tags{"a"}));
  EXPECT_EQ(apply({"x", "y"}, {}, {}, {"a"}), (Tags{"x", "y"}));
  EXPECT_TRUE(TagChange{}.is_empty());
}

}  // namespace
}  // namespace snapfs
