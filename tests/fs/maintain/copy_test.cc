// Snapshots copied between repositories in memory.
#include "fs/maintain/copy.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/index/blob_set.h"
#include "fs/maintain/progress.h"
#include "fs/tree/snapshot_list.h"
#include "tests/fs/maintain/pruned_repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/quick_init.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::count_intact_snapshots;
using test::fails_with;
using test::FaultBackend;

class CopyTest : public ::testing::Test {
 protected:
  CopyTest() : source_faults_(source_memory_), target_faults_(target_memory_) {
    test::RepositoryMaker maker(source_memory_);
    test::fill_for_prune(maker, source_memory_);
    Repository::init(target_memory_, as_bytes(test::kPassword), kQuickInit, {});
  }

  static std::unique_ptr<Repository> open(Backend& backend, const OpenOptions& options = {}) {
    auto repository =
        std::make_unique<Repository>(backend, as_bytes(test::kPassword), options, StopToken{});
    repository->load_index({});
    return repository;
  }

  /// Copies what the target lacks; the IDs of the new snapshots.
  std::vector<Id> copy(const CopyOptions& options = {}, const OpenOptions& target_options = {}) {
    const auto source = open(source_faults_);
    const auto target = open(target_faults_, target_options);
    const std::vector<Snapshot> present = load_snapshots(*target, {});
    std::vector<Snapshot> lacking;
    for (CopyCandidate& candidate : find_uncopied(load_snapshots(*source, {}), present)) {
      if (candidate.copied == nullptr) lacking.push_back(std::move(candidate.snapshot));
    }
    std::vector<Id> copies;
    MaintenanceProgress progress;
    figures_ = copy_snapshots(*source, *target, clock_, lacking, options, progress,
                              [&](const Snapshot&, const Id& id) { copies.push_back(id); }, {});
    return copies;
  }

  MemoryBackend source_memory_;
  MemoryBackend target_memory_;
  FaultBackend source_faults_;
  FaultBackend target_faults_;
  SystemClock clock_;
  CopyFigures figures_;
};

TEST_F(CopyTest, BringsWhatTheSnapshotsNeedAndNothingElse) {
  EXPECT_EQ(copy().size(), 4U);
  EXPECT_EQ(count_intact_snapshots(target_memory_), 4U);
  EXPECT_THAT(test::find_waste(target_memory_), ::testing::IsEmpty());
  EXPECT_EQ(figures_.blobs, open(target_memory_)->index().blob_count());
}

TEST_F(CopyTest, TellsCopiesByWhereTheyComeFrom) {
  copy();
  const std::vector<Snapshot> originals = load_snapshots(*open(source_memory_), {});
  const std::vector<Snapshot> copies = load_snapshots(*open(target_memory_), {});
  ASSERT_EQ(copies.size(), originals.size());
  for (std::size_t i = 0; i < copies.size(); ++i) {
    Snapshot expected = originals[i];
    expected.original = originals[i].id;
    expected.id = copies[i].id;
    EXPECT_EQ(copies[i], expected);
    EXPECT_FALSE(copies[i].parent);
  }
}

TEST_F(CopyTest, CopiesNothingTwice) {
  copy();
  const std::size_t saves = target_faults_.ended({BackendCall::kSave, {}});
  EXPECT_TRUE(copy().empty());
  EXPECT_EQ(figures_.blobs, 0U);
  EXPECT_EQ(target_faults_.ended({BackendCall::kSave, {}}), saves);
}

TEST_F(CopyTest, CopiesAgainWhatIsNotTheSameAnyMore) {
  const auto repository = open(source_memory_);
  Snapshot snapshot = load_snapshots(*repository, {}).front();
  copy();
  const Snapshot old = snapshot;
  snapshot.tags = {"new"};
  replace_snapshot(*repository, old, snapshot, {});
  EXPECT_EQ(copy().size(), 1U);
  EXPECT_EQ(figures_.blobs, 0U);  // the contents are there
  EXPECT_EQ(count_intact_snapshots(target_memory_), 5U);
}

TEST_F(CopyTest, WritesSnapshotsWheneverABatchIsDone) {
  target_faults_.fail({BackendCall::kSave, FileKind::kPack}, 5, ErrorCode::kNoSpace,
                      FaultBackend::kForever);
  CopyOptions options;
  options.batch_bytes = 1;
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [&] { copy(options); }));
  EXPECT_EQ(count_intact_snapshots(target_memory_), 2U);  // two packs each
  target_faults_.clear_faults();
  EXPECT_EQ(copy(options).size(), 2U);
  EXPECT_EQ(count_intact_snapshots(target_memory_), 4U);
}

TEST_F(CopyTest, IsCorrectAfterEveryOperationThatCouldBeItsLast) {
  std::size_t operations = 0;
  for (bool finished = false; !finished; ++operations) {
    MemoryBackend memory;
    Repository::init(memory, as_bytes(test::kPassword), kQuickInit, {});
    FaultBackend backend(memory);
    std::atomic<std::size_t> done = 0;
    std::atomic<bool> off = false;
    backend.before_each_call([&](BackendCall call, const FileKey&) {
      if (call == BackendCall::kSave && done++ >= operations) off = true;
      if (off) throw Error(ErrorCode::kIo, "the machine is off");
    });
    const auto source = open(source_memory_);
    MaintenanceProgress progress;
    CopyOptions options;
    options.batch_bytes = 5000;
    try {
      const auto target = open(backend);
      const std::vector<Snapshot> all = load_snapshots(*source, {});
      copy_snapshots(*source, *target, clock_, all, options, progress, nullptr, {});
      finished = true;
    } catch (const Error& error) {
      ASSERT_THAT(error.what(), ::testing::HasSubstr("the machine is off")) << operations;
    }
    const std::size_t intact = count_intact_snapshots(memory);
    ASSERT_LE(intact, 4U);
    ASSERT_EQ(finished, intact == 4U) << "after " << operations << " operations";
  }
  EXPECT_GT(operations, 8U);
}

TEST_F(CopyTest, TakesAnotherCopyOfADamagedBlob) {
  const auto source = open(source_memory_);
  std::size_t damaged = 0;
  for_each_blob(source->index().contents(), [&](const BlobCopies& blob) {
    if (blob.entries.size() < 2) return;
    const BlobHandle handle{blob.first.type, blob.entries.front().id};
    const BlobLocation place = source->index().find(handle).front();
    const FileKey key{FileKind::kPack, place.pack};
    Bytes bytes = source_memory_.load(key, std::nullopt, {}, {});
    bytes.at(place.offset + 20) ^= 1;
    source_memory_.save(key, bytes, {});
    ++damaged;
  });
  ASSERT_GT(damaged, 0U);
  copy();
  EXPECT_EQ(count_intact_snapshots(target_memory_), 4U);
}

TEST_F(CopyTest, WritesNoSnapshotWhenSomethingCannotBeRead) {
  source_faults_.fail({BackendCall::kLoad, FileKind::kPack}, 8, ErrorCode::kIo,
                      FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, [&] { copy(); }));
  EXPECT_EQ(count_intact_snapshots(target_memory_), 0U);
}

TEST_F(CopyTest, CompressesAnewWhenAskedTo) {
  OpenOptions off;
  off.compression = CompressionMode::kOff;
  copy({}, off);
  const auto target = open(target_memory_);
  for_each_blob(target->index().contents(), [&](const BlobCopies& blob) {
    const bool compressed = blob.entries.front().uncompressed_length != 0;
    EXPECT_EQ(compressed, blob.first.type == BlobType::kTree);
  });
  EXPECT_EQ(count_intact_snapshots(target_memory_), 4U);
}

TEST_F(CopyTest, GoesFromOneVersionToTheOther) {
  MemoryBackend old;
  Repository::init(old, as_bytes(test::kPassword),
                   {.version = 1, .kdf = kQuickKdf, .chunker_polynomial = {}}, {});
  const auto source = open(source_memory_);
  const auto middle = open(old);
  MaintenanceProgress progress;
  copy_snapshots(*source, *middle, clock_, load_snapshots(*source, {}), {}, progress, nullptr, {});
  EXPECT_EQ(count_intact_snapshots(old), 4U);
  const auto target = open(target_memory_);
  copy_snapshots(*open(old), *target, clock_, load_snapshots(*middle, {}), {}, progress, nullptr,
                 {});
  EXPECT_EQ(count_intact_snapshots(target_memory_), 4U);
  for_each_blob(target->index().contents(), [&](const BlobCopies& blob) {
    EXPECT_NE(blob.entries.front().uncompressed_length, 0U);
  });
}

// Compared in pairs, these would take hours.
TEST(FindUncopied, TakesAnyNumberOfVersionsOfOneSnapshot) {
  constexpr std::uint64_t kSnapshots = 100'000;
  std::vector<Snapshot> present;
  for (std::uint64_t i = 0; i < kSnapshots; ++i) {
    Snapshot snapshot;
    snapshot.id = test::numbered_id(i);
    snapshot.original = test::numbered_id(kSnapshots);
    snapshot.hostname = std::to_string(i);
    present.push_back(std::move(snapshot));
  }
  std::vector<Snapshot> wanted = present;
  for (Snapshot& snapshot : wanted) snapshot.id.bytes[31] = 1;
  wanted.back().hostname = "another";
  const std::vector<CopyCandidate> candidates = find_uncopied(wanted, present);
  ASSERT_EQ(candidates.size(), kSnapshots);
  EXPECT_EQ(candidates.front().copied, &present.front());
  EXPECT_EQ(candidates.back().copied, nullptr);
}

}  // namespace
}  // namespace snapfs
