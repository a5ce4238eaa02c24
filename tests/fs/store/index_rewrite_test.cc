// Index files made anew: what another process reads from them, before, during and after.
#include "fs/store/index_rewrite.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/crypto/sha256.h"
#include "fs/format/index_file.h"
#include "fs/repo/repository.h"
#include "fs/store/index_saver.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using test::numbered_id;

class IndexRewriteTest : public ::testing::Test {
 protected:
  IndexRewriteTest() : faults_(memory_) {
    Repository::init(memory_, as_bytes("x"), kQuickInit, {});
    repository_ = open();
  }

  std::unique_ptr<Repository> open() {
    return std::make_unique<Repository>(faults_, as_bytes("x"), OpenOptions{}, StopToken{});
  }

  static PackDescription pack(std::uint64_t number, std::size_t blobs = 2) {
    PackDescription pack{numbered_id(number), {}};
    for (std::size_t i = 0; i < blobs; ++i) {
      const BlobType type = number % 2 == 0 ? BlobType::kData : BlobType::kTree;
      const auto offset = static_cast<std::uint32_t>(i * 50);
      pack.entries.push_back(
          {{type, sha256(as_bytes(std::to_string(number * 1'000'000 + i)))}, offset, 50, 70});
    }
    return pack;
  }

  Id save(const std::vector<PackDescription>& packs) {
    return repository_->save_file(FileKind::kIndex, as_bytes(encode_index(packs)), {});
  }

  std::set<Id> files() {
    const std::vector<Id> list = repository_->list(FileKind::kIndex, {});
    return {list.begin(), list.end()};
  }

  /// The packs that all files together list, as often as they do.
  std::multiset<Id> listed_packs() {
    std::multiset<Id> packs;
    for (const Id& file : files()) {
      parse_index(repository_->load_file({FileKind::kIndex, file}, {}), 2,
                  [&](const PackDescription& pack) { packs.insert(pack.id); });
    }
    return packs;
  }

  MemoryBackend memory_;
  FaultBackend faults_;
  std::unique_ptr<Repository> repository_;
};

TEST_F(IndexRewriteTest, DropsPacksAndMergesSmallFiles) {
  save({pack(1), pack(2)});
  save({pack(3)});
  save({pack(4), pack(1)});
  rewrite_index(*repository_, {numbered_id(2), numbered_id(99)}, {});
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(listed_packs(), (std::multiset<Id>{numbered_id(1), numbered_id(3), numbered_id(4)}));
  const auto other = open();
  other->load_index({});
  for (const std::uint64_t number : {1, 3, 4}) {
    for (const PackEntry& entry : pack(number).entries) {
      const auto place = other->index().find_any(entry.handle);
      ASSERT_TRUE(place);
      EXPECT_EQ(*place, (BlobLocation{numbered_id(number), entry.offset, 50, 70}));
    }
  }
}

TEST_F(IndexRewriteTest, LeavesFullFilesAloneUnlessTheyListWhatGoes) {
  const Id clean = save({pack(1, IndexSaver::kFullBlobs)});
  const Id affected = save({pack(2, IndexSaver::kFullBlobs), pack(4)});
  rewrite_index(*repository_, {numbered_id(4)}, {});
  EXPECT_TRUE(files().contains(clean));
  EXPECT_FALSE(files().contains(affected));
  EXPECT_EQ(listed_packs(), (std::multiset<Id>{numbered_id(1), numbered_id(2)}));
}

TEST_F(IndexRewriteTest, SplitsFilesThatAreTooLarge) {
  std::vector<PackDescription> packs;
  for (std::uint64_t i = 1; i <= 5; ++i) packs.push_back(pack(i, 100'000));
  save(packs);
  rewrite_index(*repository_, {}, {});
  EXPECT_EQ(files().size(), 5U);
  EXPECT_EQ(listed_packs().size(), 5U);
}

TEST_F(IndexRewriteTest, OfTwoFullFilesWithTheSamePackTheFirstStays) {
  const Id one = save({pack(1), pack(2, IndexSaver::kFullBlobs)});
  const Id other = save({pack(1), pack(3, IndexSaver::kFullBlobs)});
  rewrite_index(*repository_, {}, {});
  EXPECT_TRUE(files().contains(std::min(one, other)));
  EXPECT_FALSE(files().contains(std::max(one, other)));
  EXPECT_EQ(listed_packs(), (std::multiset<Id>{numbered_id(1), numbered_id(2), numbered_id(3)}));
}

TEST_F(IndexRewriteTest, APackOfAFileThatStaysIsNotListedAgain) {
  // Whichever of the small ones comes first: read before the full one, or after it.
  for (std::uint64_t i = 0; i < 20; ++i) save({pack(1), pack(100 + i)});
  const Id full = save({pack(1), pack(2, IndexSaver::kFullBlobs)});
  rewrite_index(*repository_, {}, {});
  EXPECT_TRUE(files().contains(full));
  EXPECT_EQ(listed_packs().count(numbered_id(1)), 1U);
  EXPECT_EQ(listed_packs().size(), 22U);
}

TEST_F(IndexRewriteTest, AFullFileThatListsAPackTwiceDoesNotStay) {
  save({pack(1), pack(1), pack(2, IndexSaver::kFullBlobs)});
  rewrite_index(*repository_, {}, {});
  EXPECT_EQ(listed_packs(), (std::multiset<Id>{numbered_id(1), numbered_id(2)}));
}

TEST_F(IndexRewriteTest, ListsThatContradictEachOtherLoseNoBlob) {
  PackDescription other = pack(1);
  other.entries[0].handle.id = numbered_id(77);
  save({pack(1), pack(2, IndexSaver::kFullBlobs)});
  save({other});
  rewrite_index(*repository_, {}, {});
  EXPECT_EQ(listed_packs(), (std::multiset<Id>{numbered_id(1), numbered_id(2)}));
  const auto another = open();
  another->load_index({});
  for (const PackDescription& list : {pack(1), other}) {
    for (const PackEntry& entry : list.entries) {
      EXPECT_TRUE(another->index().contains(entry.handle));
    }
  }
}

TEST_F(IndexRewriteTest, ALostLockKeepsTheOldFiles) {
  save({pack(1)});
  save({pack(2)});
  const std::set<Id> before = files();
  IndexRewriteHooks hooks;
  hooks.require_lock = [&] {
    EXPECT_EQ(files().size(), 3U);  // the new one is written
    throw Error(ErrorCode::kLocked, "the lock is lost");
  };
  EXPECT_TRUE(fails_with(ErrorCode::kLocked,
                         [&] { rewrite_index(*repository_, {numbered_id(1)}, {}, hooks); }));
  const std::set<Id> after = files();
  EXPECT_TRUE(std::ranges::includes(after, before));
}

TEST_F(IndexRewriteTest, AnEmptyIndexHasNoFile) {
  save({pack(1)});
  rewrite_index(*repository_, {numbered_id(1)}, {});
  EXPECT_TRUE(files().empty());
}

TEST_F(IndexRewriteTest, RemovesNothingBeforeEverythingIsWritten) {
  save({pack(1)});
  save({pack(2)});
  const std::set<Id> before = files();
  faults_.fail({BackendCall::kSave, FileKind::kIndex}, 1, ErrorCode::kNoSpace);
  EXPECT_TRUE(
      fails_with(ErrorCode::kNoSpace, [&] { rewrite_index(*repository_, {numbered_id(1)}, {}); }));
  EXPECT_EQ(files(), before);
}

TEST_F(IndexRewriteTest, ADamagedFileIsAnErrorAndNothingChanges) {
  save({pack(1)});
  const Id damaged = save({pack(2)});
  const std::set<Id> before = files();
  Bytes bytes = memory_.load({FileKind::kIndex, damaged}, std::nullopt, {}, {});
  bytes[20] ^= 1;
  memory_.save({FileKind::kIndex, damaged}, bytes, {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, damaged.short_hex(),
                         [&] { rewrite_index(*repository_, {numbered_id(1)}, {}); }));
  EXPECT_EQ(files(), before);
}

TEST_F(IndexRewriteTest, AnOldFileThatStaysIsAnError) {
  save({pack(1)});
  faults_.fail({BackendCall::kRemove, FileKind::kIndex}, 1, ErrorCode::kPermission);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "could not be removed",
                         [&] { rewrite_index(*repository_, {numbered_id(1)}, {}); }));
}

TEST_F(IndexRewriteTest, WhatIsInMemoryCanBeWritten) {
  save({pack(1, 500), pack(2), pack(3), pack(3)});
  repository_->load_index({});
  for (const Id& file : files()) memory_.remove({FileKind::kIndex, file}, {});
  save_index(*repository_, repository_->index().contents(), {numbered_id(2)}, {});
  EXPECT_EQ(listed_packs(), (std::multiset<Id>{numbered_id(1), numbered_id(3)}));
  const auto other = open();
  other->load_index({});
  EXPECT_EQ(other->index().blob_count(), 502U);
}

}  // namespace
}  // namespace snapfs
