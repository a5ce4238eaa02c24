// Damaged packs repaired in memory.
#include "fs/maintain/repair_packs.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/maintain/check.h"
#include "fs/time/clock.h"
#include "tests/fs/maintain/damage.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::FaultBackend;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RepairPacksTest : public ::testing::Test {
 protected:
  RepairPacksTest() : maker_(memory_) {
    file_ = maker_.make_file("file", {"first", "second", "third"});
    tree_ = maker_.add_tree({file_});
    maker_.add_snapshot(tree_, "2026-01-01T00:00:00Z");
    pack_ = maker_.repository().index().find_any(blob(0)).value().pack;
  }

  BlobHandle blob(std::size_t number) const { return {BlobType::kData, file_.content[number]}; }

  RepairedPacks repair(Backend& backend, const std::vector<Id>& packs) {
    Repository repository(backend, as_bytes(test::kPassword), {}, {});
    repository.load_index({});
    kept_.clear();
    RepairPacksOptions options;
    options.keep = [this](const Id& pack, ByteView bytes) { kept_[pack] = copy_of(bytes); };
    return repair_packs(repository, clock_, packs, options, progress_, {});
  }

  bool exists(const Id& pack) { return memory_.size({FileKind::kPack, pack}, {}).has_value(); }

  bool loads(const BlobHandle& handle) {
    const auto repository = maker_.open();
    repository->load_index({});
    try {
      repository->load_blob(handle, {});
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  Bytes load(const Id& pack) { return memory_.load({FileKind::kPack, pack}, std::nullopt, {}, {}); }

  MemoryBackend memory_;
  test::RepositoryMaker maker_;
  SystemClock clock_;
  MaintenanceProgress progress_;
  Node file_;
  Id tree_;
  Id pack_;
  std::map<Id, Bytes> kept_;
};

TEST_F(RepairPacksTest, SavesWhatIsIntactAndNamesTheRest) {
  maker_.damage(blob(1));
  const Bytes damaged = load(pack_);
  const RepairedPacks result = repair(memory_, {pack_});
  EXPECT_EQ(result.saved_blobs, 2U);
  ASSERT_THAT(result.lost, SizeIs(1));
  EXPECT_EQ(result.lost[0].handle, blob(1));
  EXPECT_EQ(result.lost[0].pack, pack_);
  EXPECT_FALSE(exists(pack_));
  EXPECT_TRUE(loads(blob(0)) && loads(blob(2)));
  EXPECT_EQ(kept_.at(pack_), damaged);
  const CheckVerdict verdict = test::check_everything(memory_);
  EXPECT_EQ(verdict.errors, 1U);  // the file with the blob that is lost
  EXPECT_THAT(verdict.broken_packs, IsEmpty());
}

TEST_F(RepairPacksTest, HeaderMayBeDamaged) {
  test::flip(memory_, {FileKind::kPack, pack_}, load(pack_).size() - 30);
  EXPECT_THAT(repair(memory_, {pack_}).lost, IsEmpty());
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, PackMayBeCutOff) {
  Bytes bytes = load(pack_);
  // Packs are filled in no order of ours.
  const auto offset = [this](std::size_t number) {
    return maker_.repository().index().find_any(blob(number)).value().offset;
  };
  std::size_t last = 0;
  for (const std::size_t number : {1U, 2U}) {
    if (offset(number) > offset(last)) last = number;
  }
  bytes.resize(offset(last) + 1);
  memory_.save({FileKind::kPack, pack_}, bytes, {});
  const RepairedPacks result = repair(memory_, {pack_});
  std::vector<BlobHandle> lost;
  for (const LostBlob& blob : result.lost) lost.push_back(blob.handle);
  EXPECT_THAT(lost, ElementsAre(blob(last)));
}

TEST_F(RepairPacksTest, IndexMayBeWrong) {
  test::relist(maker_.repository(), pack_,
               [](PackDescription& listed) { listed.entries[1].handle.id = Id{{1}}; });
  const RepairedPacks result = repair(memory_, {pack_});
  EXPECT_EQ(result.saved_blobs, 3U);
  EXPECT_THAT(result.lost, IsEmpty());
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, PackMayBeInNoIndex) {
  maker_.damage(blob(1));
  for (const Id& id : maker_.repository().list(FileKind::kIndex, {})) {
    memory_.remove({FileKind::kIndex, id}, {});
  }
  EXPECT_EQ(repair(memory_, {pack_}).saved_blobs, 2U);
  EXPECT_TRUE(loads(blob(0)));
}

TEST_F(RepairPacksTest, BlobWithAnotherCopyIsNotLost) {
  maker_.damage(blob(1));
  maker_.add_second_copy(blob(1), "second");
  EXPECT_THAT(repair(memory_, {pack_}).lost, IsEmpty());
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, DamagedCopiesOfTwoPacksMakeUpForEachOther) {
  maker_.damage(blob(1));
  maker_.add_second_copy(blob(1), "second");
  const std::vector<BlobLocation> places = maker_.repository().index().find(blob(1));
  ASSERT_THAT(places, SizeIs(2));
  EXPECT_THAT(repair(memory_, {places[0].pack, places[1].pack}).lost, IsEmpty());
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, TreesAreSavedToo) {
  const Id pack = maker_.repository().index().find_any({BlobType::kTree, tree_}).value().pack;
  test::flip(memory_, {FileKind::kPack, pack}, load(pack).size() - 30);
  EXPECT_EQ(repair(memory_, {pack}).saved_blobs, 1U);
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, IntactPackIsMovedWhole) {
  EXPECT_EQ(repair(memory_, {pack_}).saved_blobs, 3U);
  EXPECT_FALSE(exists(pack_));
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, PackThatIsNotThereIsRefusedBeforeAnythingIsDone) {
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { repair(memory_, {pack_, Id{{1}}}); }));
  EXPECT_THAT(kept_, IsEmpty());
  EXPECT_TRUE(exists(pack_));
}

TEST_F(RepairPacksTest, NothingIsChangedWhenACopyCannotBeKept) {
  Repository repository(memory_, as_bytes(test::kPassword), {}, {});
  repository.load_index({});
  const std::vector<Id> before = repository.list(FileKind::kPack, {});
  RepairPacksOptions options;
  options.keep = [](const Id&, ByteView) { throw Error(ErrorCode::kNoSpace, "disk full"); };
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [&] {
    repair_packs(repository, clock_, {pack_}, options, progress_, {});
  }));
  EXPECT_EQ(repository.list(FileKind::kPack, {}), before);
}

TEST_F(RepairPacksTest, NothingIsRemovedUnderALockThatIsLost) {
  Repository repository(memory_, as_bytes(test::kPassword), {}, {});
  repository.load_index({});
  RepairPacksOptions options;
  options.keep = [](const Id&, ByteView) {};
  options.require_lock = [] { throw cancelled_error(); };
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    repair_packs(repository, clock_, {pack_}, options, progress_, {});
  }));
  EXPECT_TRUE(exists(pack_));
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, BadSectorCostsOnlyTheBlobThatLiesThere) {
  maker_.damage(blob(1));
  const auto place = maker_.repository().index().find_any(blob(0)).value();
  FaultBackend faults(memory_);
  faults.break_byte({FileKind::kPack, pack_}, place.offset + 1);
  const Id tree_pack = maker_.repository().index().find_any({BlobType::kTree, tree_})->pack;
  const Bytes stored = load(pack_);
  const RepairedPacks result = repair(faults, {pack_, tree_pack});
  EXPECT_EQ(result.saved_blobs, 2U);  // one of the pack, and the tree
  std::map<BlobHandle, std::string> lost;
  for (const LostBlob& blob : result.lost) lost[blob.handle] = blob.reason;
  EXPECT_THAT(lost, ::testing::UnorderedElementsAre(
                        ::testing::Pair(blob(0), ::testing::HasSubstr("bad sector")),
                        ::testing::Pair(blob(1), ::testing::_)));
  EXPECT_THAT(result.unreadable, IsEmpty());
  EXPECT_FALSE(exists(pack_) || exists(tree_pack));
  // The copy is like the pack but for the blob that could not be read.
  Bytes expected = stored;
  std::fill_n(expected.begin() + place.offset, place.length, 0);
  EXPECT_EQ(kept_.at(pack_), expected);
}

TEST_F(RepairPacksTest, BadSectorInTheHeaderLosesNothing) {
  FaultBackend faults(memory_);
  faults.break_byte({FileKind::kPack, pack_}, load(pack_).size() - 30);
  EXPECT_THAT(repair(faults, {pack_}).lost, IsEmpty());
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, PackOfWhichNothingCanBeReadStaysAndTheOthersAreRepaired) {
  const Id tree_pack = maker_.repository().index().find_any({BlobType::kTree, tree_})->pack;
  FaultBackend faults(memory_);
  const std::size_t size = load(pack_).size();
  for (std::size_t i = 0; i < size; ++i) faults.break_byte({FileKind::kPack, pack_}, i);
  const RepairedPacks result = repair(faults, {pack_, tree_pack});
  ASSERT_THAT(result.unreadable, SizeIs(1));
  EXPECT_THAT(result.unreadable[0], ::testing::HasSubstr(pack_.hex()));
  EXPECT_THAT(result.lost, IsEmpty());
  EXPECT_TRUE(exists(pack_));
  EXPECT_FALSE(exists(tree_pack));
  EXPECT_FALSE(kept_.contains(pack_));
  // The storage answers again.
  EXPECT_TRUE(test::check_everything(memory_).sound());
}

TEST_F(RepairPacksTest, AnotherCopyThatCannotBeReadNowIsNotLost) {
  maker_.damage(blob(1));
  maker_.add_second_copy(blob(1), "second");
  const std::vector<BlobLocation> places = maker_.repository().index().find(blob(1));
  ASSERT_THAT(places, SizeIs(2));
  const BlobLocation& second = places[0].pack == pack_ ? places[1] : places[0];
  FaultBackend faults(memory_);
  faults.break_byte({FileKind::kPack, second.pack}, second.offset);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "check the storage", [&] { repair(faults, {pack_}); }));
  EXPECT_TRUE(exists(pack_));
}

TEST_F(RepairPacksTest, AStorageThatRefusesEndsIt) {
  FaultBackend faults(memory_);
  faults.fail({test::BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kPermission,
              FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, [&] { repair(faults, {pack_}); }));
  EXPECT_TRUE(exists(pack_));
}

TEST_F(RepairPacksTest, KilledAnywhereItLosesNothing) {
  maker_.damage(blob(1));
  const std::size_t points = test::kill_everywhere(
      memory_,
      [&](Repository& repository) {
        repository.load_index({});
        RepairPacksOptions options;
        options.keep = [](const Id&, ByteView) {};
        repair_packs(repository, clock_, {pack_}, options, progress_, {});
      },
      [&](Backend& left, std::size_t point) {
        Repository repository(left, as_bytes(test::kPassword), {}, {});
        repository.load_index({});
        for (const std::size_t number : {0U, 2U}) {
          EXPECT_NO_THROW(repository.load_blob(blob(number), {})) << point;
        }
        EXPECT_NO_THROW(repository.load_blob({BlobType::kTree, tree_}, {})) << point;
        // Running it again finishes the work.
        if (left.size({FileKind::kPack, pack_}, {})) repair(left, {pack_});
        EXPECT_EQ(test::check_everything(left).errors, 1U) << point;
      });
  EXPECT_GE(points, 8U);
}

}  // namespace
}  // namespace snapfs
