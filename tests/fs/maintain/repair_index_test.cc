// The index repaired in memory: after damage of every kind, and after every operation that could be
// the last.
#include "fs/maintain/repair_index.h"

#include <algorithm>
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

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RepairIndexTest : public ::testing::Test {
 protected:
  RepairIndexTest() : faults_(memory_), maker_(memory_) {
    for (int i = 0; i < 3; ++i) {
      const std::string text = "content of file " + std::to_string(i);
      files_.push_back(maker_.make_file("file", {text}));
      maker_.add_snapshot(maker_.add_tree({files_.back()}), "2026-01-01T00:00:00Z");
    }
  }

  RepairedIndex repair(const RepairIndexOptions& options = {}) {
    const auto repository = std::make_unique<Repository>(faults_, as_bytes(test::kPassword),
                                                         OpenOptions{}, StopToken{});
    return repair_index(*repository, clock_, options, progress_, {});
  }

  CheckVerdict check() { return test::check_everything(memory_); }

  Id pack_of(int file) {
    const Id blob = files_[static_cast<std::size_t>(file)].content[0];
    return maker_.repository().index().find_any({BlobType::kData, blob}).value().pack;
  }

  std::vector<Id> index_files() { return maker_.repository().list(FileKind::kIndex, {}); }

  void remove_index_files() {
    for (const Id& id : index_files()) memory_.remove({FileKind::kIndex, id}, {});
  }

  MemoryBackend memory_;
  FaultBackend faults_;
  test::RepositoryMaker maker_;
  SystemClock clock_;
  MaintenanceProgress progress_;
  std::vector<Node> files_;
};

TEST_F(RepairIndexTest, SmallFilesBecomeOne) {
  EXPECT_EQ(index_files().size(), 3U);
  EXPECT_TRUE(repair().changed);
  EXPECT_EQ(index_files().size(), 1U);
  EXPECT_TRUE(check().sound());
}

TEST_F(RepairIndexTest, WhatIsRightIsLeftAlone) {
  repair();
  const std::vector<Id> before = index_files();
  EXPECT_FALSE(repair().changed);
  EXPECT_EQ(index_files(), before);
}

TEST_F(RepairIndexTest, DamagedFileIsReplaced) {
  const Id file = index_files().front();
  test::flip(memory_, {FileKind::kIndex, file}, 40);
  const RepairedIndex result = repair();
  EXPECT_THAT(result.damaged_files, ElementsAre(file));
  EXPECT_EQ(result.added_packs.size(), 2U);  // of data, of trees
  EXPECT_TRUE(check().sound());
}

TEST_F(RepairIndexTest, IndexIsBuiltFromNothing) {
  remove_index_files();
  EXPECT_EQ(repair().added_packs.size(), 6U);
  EXPECT_TRUE(check().sound());
}

TEST_F(RepairIndexTest, FileThatCannotBeReadNowIsNotReplaced) {
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kPermission}) {
    faults_.fail({BackendCall::kLoad, FileKind::kIndex}, 1, code, FaultBackend::kForever);
    EXPECT_TRUE(fails_with(code, [&] { repair(); }));
    faults_.clear_faults();
    faults_.fail({BackendCall::kLoad, FileKind::kPack}, 1, code, FaultBackend::kForever);
    RepairIndexOptions options;
    options.read_all_packs = true;
    EXPECT_TRUE(fails_with(code, [&] { repair(options); }));
    faults_.clear_faults();
  }
  EXPECT_EQ(index_files().size(), 3U);
}

TEST_F(RepairIndexTest, PackThatAListingDoesNotShowStaysListed) {
  faults_.hide_from_lists({FileKind::kPack, pack_of(0)});
  EXPECT_THAT(repair().missing_packs, ::testing::IsEmpty());
  EXPECT_TRUE(check().sound());
}

TEST_F(RepairIndexTest, WithoutASinglePackTheIndexStays) {
  const std::vector<Id> before = index_files();
  for (const Id& id : maker_.repository().list(FileKind::kPack, {})) {
    memory_.remove({FileKind::kPack, id}, {});
  }
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "mounted", [&] { repair(); }));
  EXPECT_EQ(index_files(), before);
  // Of an empty repository nothing is missing.
  remove_index_files();
  EXPECT_FALSE(repair().changed);
}

TEST_F(RepairIndexTest, MissingPackIsListedNoMore) {
  memory_.remove({FileKind::kPack, pack_of(1)}, {});
  EXPECT_THAT(repair().missing_packs, ElementsAre(pack_of(1)));
  EXPECT_EQ(check().errors, 1U);  // the file that it held
}

TEST_F(RepairIndexTest, WrongEntriesAreCorrectedFromTheHeader) {
  test::relist(maker_.repository(), pack_of(0),
               [](PackDescription& listed) { listed.entries[0].length += 10; });
  EXPECT_THAT(repair().corrected_packs, ElementsAre(pack_of(0)));
  EXPECT_TRUE(check().sound());
}

TEST_F(RepairIndexTest, ContradictionIsSettledByTheHeader) {
  test::list_again(maker_.repository(), pack_of(0),
                   [](PackDescription& listed) { listed.entries[0].handle.id = Id{{1}}; });
  EXPECT_THAT(repair().corrected_packs, ElementsAre(pack_of(0)));
  EXPECT_TRUE(check().sound());
}

TEST_F(RepairIndexTest, WrongEntriesOfTheRightSizeNeedAllHeaders) {
  test::relist(maker_.repository(), pack_of(0),
               [](PackDescription& listed) { listed.entries[0].handle.id = Id{{1}}; });
  EXPECT_THAT(repair().corrected_packs, IsEmpty());
  RepairIndexOptions options;
  options.read_all_packs = true;
  EXPECT_THAT(repair(options).corrected_packs, ElementsAre(pack_of(0)));
  EXPECT_TRUE(check().sound());
}

TEST_F(RepairIndexTest, DamagedPackStaysListedAsItWas) {
  const Id pack = pack_of(0);
  Bytes bytes = memory_.load({FileKind::kPack, pack}, std::nullopt, {}, {});
  bytes.resize(bytes.size() - 10);
  memory_.save({FileKind::kPack, pack}, bytes, {});
  for (const bool all : {false, true}) {
    RepairIndexOptions options;
    options.read_all_packs = all;
    EXPECT_THAT(repair(options).damaged_packs, ElementsAre(pack));
    EXPECT_THAT(check().broken_packs, ElementsAre(pack));
    const auto repository = maker_.open();
    repository->load_index({});
    EXPECT_NO_THROW(repository->load_blob({BlobType::kData, files_[0].content[0]}, {}));
  }
}

TEST_F(RepairIndexTest, ContradictionThatNobodySettlesKeepsBothSides) {
  const Id pack = pack_of(0);
  const PackEntry other{{BlobType::kData, Id{{1}}}, 7, 50, 0};
  test::list_again(maker_.repository(), pack,
                   [&other](PackDescription& listed) { listed.entries = {other}; });
  test::flip(memory_, {FileKind::kPack, pack},
             memory_.load({FileKind::kPack, pack}, std::nullopt, {}, {}).size() - 30);
  EXPECT_THAT(repair().damaged_packs, ElementsAre(pack));
  const auto repository = maker_.open();
  repository->load_index({});
  EXPECT_TRUE(repository->index().contains(other.handle));
  EXPECT_NO_THROW(repository->load_blob({BlobType::kData, files_[0].content[0]}, {}));
}

TEST_F(RepairIndexTest, PackThatNothingDescribesIsNamed) {
  memory_.save({FileKind::kPack, Id{{5}}}, Bytes(200), {});
  EXPECT_THAT(repair().unknown_packs, ElementsAre(Id{{5}}));
  memory_.save({FileKind::kPack, Id{{6}}}, Bytes(2), {});
  EXPECT_THAT(repair().unknown_packs, ElementsAre(Id{{5}}, Id{{6}}));
}

TEST_F(RepairIndexTest, HeaderOfManyBlobsIsReadWhole) {
  for (int i = 0; i < 500; ++i) maker_.add_data("small blob " + std::to_string(i));
  maker_.flush();
  remove_index_files();
  repair();
  EXPECT_TRUE(check().sound());
  const auto repository = maker_.open();
  repository->load_index({});
  EXPECT_EQ(repository->index().blob_count(), 506U);
}

TEST_F(RepairIndexTest, NothingIsRemovedUnderALockThatIsLost) {
  const std::vector<Id> before = index_files();
  int asked = 0;
  RepairIndexOptions options;
  options.require_lock = [&asked] {
    if (++asked == 2) throw cancelled_error();
  };
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { repair(options); }));
  const std::vector<Id> after = index_files();
  EXPECT_TRUE(std::ranges::includes(after, before));
  EXPECT_EQ(after.size(), before.size() + 1);
}

TEST_F(RepairIndexTest, KilledAnywhereItLosesNothing) {
  test::relist(maker_.repository(), pack_of(0),
               [](PackDescription& listed) { listed.entries[0].length += 10; });
  test::list_again(maker_.repository(), pack_of(1), [](PackDescription&) {});
  const std::size_t points = test::kill_everywhere(
      memory_, [&](Repository& repository) { repair_index(repository, clock_, {}, progress_, {}); },
      [&](Backend& left, std::size_t point) {
        // Whatever was reachable is; and running it again finishes the work.
        Repository repository(left, as_bytes(test::kPassword), {}, {});
        repository.load_index({});
        for (const int file : {1, 2}) {
          const Id blob = files_[static_cast<std::size_t>(file)].content[0];
          EXPECT_NO_THROW(repository.load_blob({BlobType::kData, blob}, {})) << point;
        }
        Repository again(left, as_bytes(test::kPassword), {}, {});
        repair_index(again, clock_, {}, progress_, {});
        EXPECT_TRUE(test::check_everything(left).sound()) << point;
      });
  EXPECT_GE(points, 8U);
}

}  // namespace
}  // namespace snapfs
