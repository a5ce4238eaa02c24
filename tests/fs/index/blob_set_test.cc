// Sets of blobs against std::set, and all copies of a blob seen together.
#include "fs/index/blob_set.h"

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::numbered_id;

/// Spread over all shards, as real IDs are.
Id spread_id(std::size_t number) { return sha256(as_bytes(std::to_string(number))); }

BlobHandle blob(std::size_t number) {
  return {number % 3 == 0 ? BlobType::kTree : BlobType::kData, spread_id(number)};
}

/// An index of `blobs` blobs, every fifth of them in two packs.
void fill(Index& index, std::size_t blobs) {
  std::vector<PackDescription> packs;
  for (std::size_t i = 0; i < blobs; ++i) {
    packs.push_back({numbered_id(static_cast<std::uint32_t>(i)), {{blob(i), 0, 40, 0}}});
    if (i % 5 == 0) packs.push_back({numbered_id(1'000'000 + i), {{blob(i), 7, 40, 0}}});
  }
  index.add_packs(std::move(packs));
}

TEST(BlobSet, HoldsWhatWasInserted) {
  Index index;
  fill(index, 3000);
  BlobSet set(index.contents());
  std::set<BlobHandle> model;
  std::mt19937 random(1);
  for (int i = 0; i < 6000; ++i) {
    const BlobHandle one = blob(random() % 3000);
    if (random() % 3 == 0) {
      set.erase(one);
      model.erase(one);
    } else {
      const bool fresh = model.insert(one).second;
      EXPECT_EQ(set.insert(one), fresh ? BlobSet::Inserted::kNew : BlobSet::Inserted::kBefore);
    }
  }
  EXPECT_EQ(set.size(), model.size());
  for (std::size_t i = 0; i < 3000; ++i) EXPECT_EQ(set.contains(blob(i)), model.contains(blob(i)));
}

TEST(BlobSet, TakesOnlyWhatTheIndexHadWhenItWasMade) {
  Index index;
  fill(index, 10);
  BlobSet set(index.contents());
  index.add_packs({{numbered_id(77), {{blob(10), 0, 40, 0}}}});
  EXPECT_EQ(set.insert(blob(10)), BlobSet::Inserted::kNotIndexed);
  EXPECT_FALSE(set.contains(blob(10)));
  // The same 32 bytes as the other type are another blob.
  EXPECT_EQ(set.insert({BlobType::kData, blob(3).id}), BlobSet::Inserted::kNotIndexed);
}

TEST(BlobSet, TakesABitABlob) {
  Index index;
  fill(index, 20'000);
  EXPECT_LT(BlobSet(index.contents()).memory_bytes(), 20'000 / 8 * 2);
}

TEST(BlobSet, CopiesAreSetsOfTheirOwn) {
  Index index;
  fill(index, 10);
  BlobSet set(index.contents());
  set.insert(blob(1));
  BlobSet copy(set);
  copy.insert(blob(2));
  set.erase(blob(1));
  EXPECT_TRUE(copy.contains(blob(1)));
  EXPECT_FALSE(set.contains(blob(2)));
}

TEST(BlobSet, TellsOneThreadThatABlobIsNew) {
  Index index;
  fill(index, 2000);
  BlobSet set(index.contents());
  std::atomic<int> fresh = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (std::size_t j = 0; j < 2000; ++j)
          fresh += set.insert(blob(j)) == BlobSet::Inserted::kNew;
      });
    }
  }
  EXPECT_EQ(fresh, 2000);
}

TEST(ForEachBlob, ShowsAllCopiesOfABlobTogether) {
  Index index;
  fill(index, 1000);
  const BlobSet set(index.contents());
  std::map<BlobHandle, std::size_t> seen;
  for_each_blob(set.contents(), [&](const BlobCopies& copies) {
    const BlobHandle handle{copies.first.type, copies.entries.front().id};
    EXPECT_TRUE(seen.emplace(handle, copies.entries.size()).second);
    for (std::size_t i = 0; i < copies.entries.size(); ++i) {
      BlobRow row = copies.first;
      row.number += static_cast<std::uint32_t>(i);
      EXPECT_EQ(entry_at(set.contents(), row), copies.entries[i]);
    }
  });
  ASSERT_EQ(seen.size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(seen.at(blob(i)), i % 5 == 0 ? 2U : 1U);
}

TEST(ForEachBlob, GivesRowsThatTheSetUnderstands) {
  Index index;
  fill(index, 1000);
  BlobSet set(index.contents());
  for (std::size_t i = 0; i < 1000; i += 2) set.insert(blob(i));
  std::size_t members = 0;
  for_each_blob(set.contents(), [&](const BlobCopies& copies) {
    const BlobHandle handle{copies.first.type, copies.entries.front().id};
    EXPECT_EQ(set.contains(copies.first), set.contains(handle));
    members += set.contains(copies.first);
  });
  EXPECT_EQ(members, 500U);
}

}  // namespace
}  // namespace snapfs
