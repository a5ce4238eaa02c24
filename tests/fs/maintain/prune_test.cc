// Prune on whole repositories in memory: what is left afterwards, after failures, and after every
// operation that could be its last.
#include "fs/maintain/prune.h"

#include <atomic>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/maintain/progress.h"
#include "fs/maintain/repair_index.h"
#include "fs/repo/repository.h"
#include "fs/store/index_rewrite.h"
#include "tests/fs/maintain/damage.h"
#include "tests/fs/maintain/pruned_repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::count_intact_snapshots;
using test::fails_with;
using test::FaultBackend;
using test::find_waste;
using ::testing::IsEmpty;

/// Everything that is not used goes.
PruneOptions thorough() {
  PruneOptions options;
  options.policy.max_unused = UnusedLimit::of_bytes(0);
  return options;
}

class Warnings final : public MaintenanceProgress {
 public:
  void warn(std::string_view message) override { messages.emplace_back(message); }
  std::vector<std::string> messages;
};

class PruneTest : public ::testing::Test {
 protected:
  PruneTest() : faults_(memory_) {
    test::RepositoryMaker maker(memory_);
    test::fill_for_prune(maker, memory_);
  }

  std::unique_ptr<Repository> open(const OpenOptions& options = {}) {
    return std::make_unique<Repository>(faults_, as_bytes(test::kPassword), options, StopToken{});
  }

  PruneOutcome prune(const PruneOptions& options = thorough()) {
    const auto repository = open();
    const PreparedPrune prepared = prepare_prune(*repository, options, progress_, {});
    return execute_prune(*repository, clock_, prepared, options, progress_, {});
  }

  std::size_t files(FileKind kind) { return open()->list(kind, {}).size(); }

  MemoryBackend memory_;
  FaultBackend faults_;
  SystemClock clock_;
  Warnings progress_;
};

TEST_F(PruneTest, LeavesWhatIsNeededAndNothingElse) {
  EXPECT_THAT(find_waste(memory_), ::testing::Not(IsEmpty()));
  EXPECT_EQ(prune().files_left, 0U);
  EXPECT_EQ(count_intact_snapshots(memory_), 4U);
  EXPECT_THAT(find_waste(memory_), IsEmpty());
  EXPECT_EQ(files(FileKind::kIndex), 1U);
}

TEST_F(PruneTest, HasNothingToDoTheSecondTime) {
  prune();
  const std::size_t saves = faults_.ended({BackendCall::kSave, {}});
  const std::size_t removals = faults_.ended({BackendCall::kRemove, {}});
  prune();
  EXPECT_EQ(faults_.ended({BackendCall::kSave, {}}), saves);
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), removals);
}

TEST_F(PruneTest, PreparingChangesNothing) {
  const auto repository = open();
  prepare_prune(*repository, thorough(), progress_, {});
  EXPECT_EQ(faults_.ended({BackendCall::kSave, {}}), 0U);
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), 0U);
}

TEST_F(PruneTest, IsCorrectAfterEveryOperationThatCouldBeItsLast) {
  std::size_t operations = 0;
  for (bool finished = false; !finished; ++operations) {
    MemoryBackend memory;
    test::RepositoryMaker maker(memory);
    test::fill_for_prune(maker, memory);
    FaultBackend backend(memory);
    std::atomic<std::size_t> done = 0;
    std::atomic<bool> off = false;
    backend.before_each_call([&](BackendCall call, const FileKey&) {
      const bool changes = call == BackendCall::kSave || call == BackendCall::kRemove;
      if (changes && done++ >= operations) off = true;
      if (off) throw Error(ErrorCode::kIo, "the machine is off");
    });
    try {
      Repository repository(backend, as_bytes(test::kPassword), OpenOptions{}, StopToken{});
      const PreparedPrune prepared = prepare_prune(repository, thorough(), progress_, {});
      execute_prune(repository, clock_, prepared, thorough(), progress_, {});
      finished = !off;
    } catch (const Error& error) {
      ASSERT_THAT(error.what(), ::testing::HasSubstr("the machine is off")) << operations;
    }
    ASSERT_EQ(count_intact_snapshots(memory), 4U) << "after " << operations << " operations";
    Repository again(memory, as_bytes(test::kPassword), OpenOptions{}, StopToken{});
    execute_prune(again, clock_, prepare_prune(again, thorough(), progress_, {}), thorough(),
                  progress_, {});
    ASSERT_EQ(count_intact_snapshots(memory), 4U) << "after " << operations << " operations";
    ASSERT_THAT(find_waste(memory), IsEmpty()) << "after " << operations << " operations";
  }
  EXPECT_GT(operations, 15U);
}

TEST_F(PruneTest, PackThatAListingDoesNotShowIsAskedFor) {
  for (const FileInfo& pack : memory_.list(FileKind::kPack, {})) {
    faults_.hide_from_lists({FileKind::kPack, pack.id});
  }
  prune();
  EXPECT_EQ(count_intact_snapshots(memory_), 4U);
}

TEST_F(PruneTest, RefusesWhatItCannotReadCompletely) {
  for (const FileKind kind : {FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack}) {
    for (const BackendCall call : {BackendCall::kList, BackendCall::kLoad}) {
      faults_.fail({call, kind}, 1, ErrorCode::kIo, FaultBackend::kForever);
      EXPECT_TRUE(fails_with(ErrorCode::kIo, [&] { prune(); }));
      faults_.clear_faults();
    }
  }
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), 0U);
  EXPECT_EQ(faults_.ended({BackendCall::kSave, {}}), 0U);
}

TEST_F(PruneTest, RefusesADamagedSnapshot) {
  const auto repository = open();
  const FileKey key{FileKind::kSnapshot, repository->list(FileKind::kSnapshot, {}).at(1)};
  Bytes bytes = memory_.load(key, std::nullopt, {}, {});
  bytes[40] ^= 1;
  memory_.save(key, bytes, {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, key.id.short_hex(), [&] { prune(); }));
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), 0U);
}

TEST_F(PruneTest, RefusesARepositoryWithoutSnapshotsUnlessTold) {
  const auto repository = open();
  for (const Id& id : repository->list(FileKind::kSnapshot, {})) {
    memory_.remove({FileKind::kSnapshot, id}, {});
  }
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "has no snapshots", [&] { prune(); }));
  EXPECT_GT(files(FileKind::kPack), 0U);
  PruneOptions options = thorough();
  options.allow_no_snapshots = true;
  prune(options);
  EXPECT_EQ(files(FileKind::kPack), 0U);
  EXPECT_EQ(files(FileKind::kIndex), 0U);
  EXPECT_NO_THROW(prune());  // nothing is there to be lost
}

TEST_F(PruneTest, SnapshotsThatAreAboutToGoDoNotCount) {
  const auto repository = open();
  PruneOptions options = thorough();
  options.without_snapshots = {repository->list(FileKind::kSnapshot, {}).front()};
  const PreparedPrune without = prepare_prune(*open(), options, progress_, {});
  const PreparedPrune with = prepare_prune(*open(), thorough(), progress_, {});
  EXPECT_LT(without.plan.figures.used.blobs, with.plan.figures.used.blobs);
}

TEST_F(PruneTest, RefusesWhenAnExpectedSnapshotIsNotListed) {
  const std::vector<Id> all = open()->list(FileKind::kSnapshot, {});
  PruneOptions options = thorough();
  options.expected_snapshots = {all.begin(), all.end()};
  EXPECT_NO_THROW(prepare_prune(*open(), options, progress_, {}));
  memory_.remove({FileKind::kSnapshot, all[2]}, {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, all[2].short_hex(), [&] { prune(options); }));
  // An empty list, above all, which the storage may give for a directory that is gone.
  for (const Id& id : open()->list(FileKind::kSnapshot, {})) {
    memory_.remove({FileKind::kSnapshot, id}, {});
  }
  options.allow_no_snapshots = true;
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "4 of 4 snapshots", [&] { prune(options); }));
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), 0U);
}

TEST_F(PruneTest, RefusesAPackThatIsListedInContradiction) {
  const auto repository = open();
  repository->load_index({});
  const Id pack = repository->index().contents().packs.front();
  test::list_again(*repository, pack, [](PackDescription&) {});
  EXPECT_NO_THROW(prepare_prune(*open(), thorough(), progress_, {}));
  const std::size_t saved = faults_.ended({BackendCall::kSave, {}});
  test::list_again(*repository, pack,
                   [](PackDescription& listed) { listed.entries.back().length += 1; });
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "with different blobs: nothing was pruned",
                         [&] { prune(); }));
  EXPECT_EQ(faults_.ended({BackendCall::kSave, {}}), saved + 1);
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), 0U);
}

TEST_F(PruneTest, WarnsOfPacksThatStayAndTakesThemNextTime) {
  faults_.fail({BackendCall::kRemove, FileKind::kPack}, 2, ErrorCode::kPermission);
  EXPECT_EQ(prune().files_left, 1U);
  EXPECT_EQ(progress_.messages.size(), 1U);
  EXPECT_EQ(prune().files_left, 0U);
  EXPECT_THAT(find_waste(memory_), IsEmpty());
}

TEST_F(PruneTest, ListsPacksOnceThatWereListedTwice) {
  prune();
  const auto repository = open();
  repository->load_index({});
  save_index(*repository, repository->index().contents(), {}, {});
  ASSERT_THAT(find_waste(memory_), ::testing::Not(IsEmpty()));
  prune();
  EXPECT_THAT(find_waste(memory_), IsEmpty());
}

TEST_F(PruneTest, RemovesNoPackWhenTheIndexCannotBeWritten) {
  // The new packs are listed; the files that would drop the old ones are not written.
  faults_.fail({BackendCall::kSave, FileKind::kIndex}, 2, ErrorCode::kNoSpace);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [&] { prune(); }));
  EXPECT_LE(faults_.ended({BackendCall::kRemove, FileKind::kPack}), 1U);  // the unlisted one
  EXPECT_EQ(count_intact_snapshots(memory_), 4U);
}

TEST_F(PruneTest, ALostLockEndsItBeforeAnythingIsRemoved) {
  PruneOptions options = thorough();
  options.require_lock = [] { throw Error(ErrorCode::kCancelled, "the lock is lost"); };
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { prune(options); }));
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, {}}), 0U);
}

TEST_F(PruneTest, WithoutSpaceItWritesNoPack) {
  PruneOptions options = thorough();
  options.recover_no_space = true;
  prune(options);
  EXPECT_EQ(faults_.ended({BackendCall::kSave, FileKind::kPack}), 0U);
  EXPECT_GT(faults_.ended({BackendCall::kRemove, FileKind::kPack}), 0U);
  EXPECT_EQ(count_intact_snapshots(memory_), 4U);
  prune();
  EXPECT_THAT(find_waste(memory_), IsEmpty());
}

TEST_F(PruneTest, WithoutSpaceAnIndexThatCannotBeWrittenIsSaidToBeGone) {
  PruneOptions options = thorough();
  options.recover_no_space = true;
  faults_.fail({BackendCall::kSave, FileKind::kIndex}, 1, ErrorCode::kNoSpace);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "snapfs repair index", [&] { prune(options); }));
  EXPECT_EQ(files(FileKind::kIndex), 0U);
  repair_index(*open(), clock_, {}, progress_, {});
  EXPECT_EQ(count_intact_snapshots(memory_), 4U);
}

TEST_F(PruneTest, WithoutSpaceALostLockDoesNotCostTheIndex) {
  PruneOptions options = thorough();
  options.recover_no_space = true;
  options.require_lock = [this] {
    if (faults_.ended({BackendCall::kRemove, FileKind::kIndex}) > 0) {
      throw Error(ErrorCode::kLocked, "the lock is lost");
    }
  };
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "the lock is lost", [&] { prune(options); }));
  EXPECT_EQ(count_intact_snapshots(memory_), 4U);
  // Of the packs only the unlisted one went, which was before.
  EXPECT_EQ(faults_.ended({BackendCall::kRemove, FileKind::kPack}), 1U);
}

TEST_F(PruneTest, WithoutSpaceAStopDoesNotCostTheIndex) {
  PruneOptions options = thorough();
  options.recover_no_space = true;
  for (const FileKind kind : {FileKind::kIndex, FileKind::kPack}) {
    MemoryBackend memory;
    test::RepositoryMaker maker(memory);
    test::fill_for_prune(maker, memory);
    FaultBackend backend(memory);
    StopSource source;
    backend.before_each_call([&](BackendCall call, const FileKey& key) {
      if (call != BackendCall::kRemove || key.kind != kind) return;
      if (backend.ended({BackendCall::kRemove, FileKind::kIndex}) > 0) source.request_stop();
    });
    Repository repository(backend, as_bytes(test::kPassword), OpenOptions{}, StopToken{});
    const PreparedPrune prepared = prepare_prune(repository, options, progress_, {});
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
      execute_prune(repository, clock_, prepared, options, progress_, source.get_token());
    }));
    EXPECT_EQ(count_intact_snapshots(memory), 4U);
  }
}

TEST_F(PruneTest, WithoutSpaceARemovalOfWhichNobodyHearsDoesNotCostTheIndex) {
  PruneOptions options = thorough();
  options.recover_no_space = true;
  bool is_first = true;
  faults_.before_each_call([&](BackendCall call, const FileKey& key) {
    if (call != BackendCall::kRemove || key.kind != FileKind::kIndex) return;
    if (std::exchange(is_first, false)) memory_.remove(key, {});
    throw Error(ErrorCode::kUnavailable, "the answer was lost");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "the answer was lost", [&] { prune(options); }));
  EXPECT_EQ(count_intact_snapshots(memory_), 4U);
}

TEST_F(PruneTest, WithoutSpaceNothingHappensWhenNoIndexFileCanBeRemoved) {
  PruneOptions options = thorough();
  options.recover_no_space = true;
  const std::size_t before = files(FileKind::kIndex);
  faults_.fail({BackendCall::kRemove, FileKind::kIndex}, 1, ErrorCode::kPermission,
               FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "planted", [&] { prune(options); }));
  EXPECT_EQ(files(FileKind::kIndex), before);
  EXPECT_EQ(faults_.ended({BackendCall::kSave, {}}), 0U);
}

TEST_F(PruneTest, ADamagedBlobThatIsNeededEndsIt) {
  const auto repository = open();
  const PreparedPrune prepared = prepare_prune(*repository, thorough(), progress_, {});
  ASSERT_FALSE(prepared.plan.repack.empty());
  // The first byte of any blob in a pack to be repacked, used or not.
  for (const Id& pack : prepared.plan.repack) {
    Bytes bytes = memory_.load({FileKind::kPack, pack}, std::nullopt, {}, {});
    for (std::size_t i = 20; i + 200 < bytes.size(); i += 50) bytes[i] ^= 1;
    memory_.save({FileKind::kPack, pack}, bytes, {});
  }
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] {
    execute_prune(*repository, clock_, prepared, thorough(), progress_, {});
  }));
  EXPECT_LE(faults_.ended({BackendCall::kRemove, FileKind::kPack}), 1U);
}

TEST_F(PruneTest, MovedBlobsKeepTheirSealedBytes) {
  const auto before = open();
  before->load_index({});
  prune();
  const auto after = open();
  after->load_index({});
  std::size_t same = 0;
  for_each_blob(after->index().contents(), [&](const BlobCopies& blob) {
    const BlobHandle handle{blob.first.type, blob.entries.front().id};
    same += before->index().find_any(handle)->length == blob.entries.front().length;
  });
  EXPECT_EQ(same, after->index().blob_count());
}

TEST_F(PruneTest, RefusesOptionsThatMakeNoSense) {
  PruneOptions options = thorough();
  options.policy.small_pack_bytes = options.pack_bytes + 1;
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "--repack-smaller-than", [&] { prune(options); }));
}

}  // namespace
}  // namespace snapfs
