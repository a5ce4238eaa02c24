// The index in memory: against a multimap, its size, and who may store what.
#include "fs/index/index.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/index/blob_table.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::numbered_id;

Id random_id(std::mt19937_64& random) {
  Id id;
  for (std::size_t i = 0; i < Id::kSize; i += 8) {
    const std::uint64_t word = random();
    for (std::size_t j = 0; j < 8; ++j) id.bytes[i + j] = static_cast<std::uint8_t>(word >> 8 * j);
  }
  return id;
}

// BlobTable
// ----------------------------------------------------------------------------------------

class TableAgainstMultimap : public ::testing::TestWithParam<unsigned> {};

TEST_P(TableAgainstMultimap, FindsTheSameEntries) {
  std::mt19937_64 random(GetParam());
  BlobTable table;
  std::multimap<Id, TableEntry> model;
  std::vector<Id> ids(400);
  // Few prefixes, so that many IDs share one, and neighbours that differ in the last byte only.
  for (Id& id : ids) {
    id = random_id(random);
    id.bytes[0] = random() % 2 == 0 ? 0 : 0xff;
    if (random() % 2 == 0) id.bytes[1] = 0xff;
  }
  for (std::size_t i = 1; i < ids.size(); i += 5) (ids[i] = ids[i - 1]).bytes[31] ^= 1;
  const std::array<std::uint32_t, 7> lengths{0,        1,        0xff'fffe, 0xff'ffff,
                                             1U << 24, 1U << 31, UINT32_MAX};
  for (int round = 0; round < 12; ++round) {
    std::vector<TableEntry> more(random() % 200);
    for (TableEntry& entry : more) {
      entry = {ids[random() % ids.size()], static_cast<std::uint32_t>(random() % 3),
               static_cast<std::uint32_t>(random() % 2) * UINT32_MAX,
               lengths[random() % lengths.size()], lengths[random() % lengths.size()]};
      const auto [begin, end] = model.equal_range(entry.id);
      const bool known =
          std::any_of(begin, end, [&](const auto& it) { return it.second == entry; });
      if (!known) model.emplace(entry.id, entry);
    }
    table.merge(more);
    ASSERT_EQ(table.size(), model.size());
    for (const Id& id : ids) {
      std::vector<TableEntry> found;
      table.find(id, [&](const TableEntry& entry) {
        found.push_back(entry);
        return true;
      });
      std::vector<TableEntry> expected;
      const auto [begin, end] = model.equal_range(id);
      for (auto it = begin; it != end; ++it) expected.push_back(it->second);
      std::ranges::sort(expected);
      std::ranges::sort(found);
      ASSERT_EQ(found, expected);
      ASSERT_EQ(table.contains(id), !expected.empty());
    }
  }
  std::vector<TableEntry> all;
  table.for_each([&](const TableEntry& entry) { all.push_back(entry); });
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(all.size(), model.size());
  EXPECT_FALSE(table.contains(random_id(random)));
}

INSTANTIATE_TEST_SUITE_P(Seeds, TableAgainstMultimap, ::testing::Range(1U, 6U));

TEST(BlobTable, StopsWhenVisitHasSeenEnough) {
  BlobTable table;
  std::vector<TableEntry> two{{numbered_id(1), 1, 0, 0, 0}, {numbered_id(1), 2, 0, 0, 0}};
  table.merge(two);
  int seen = 0;
  table.find(numbered_id(1), [&](const TableEntry&) { return ++seen < 1; });
  EXPECT_EQ(seen, 1);
  table.merge({});
  EXPECT_EQ(table.size(), 2U);
}

// Index
// --------------------------------------------------------------------------------------------

PackDescription pack_of(std::uint64_t number, std::vector<Id> blobs,
                        BlobType type = BlobType::kData) {
  PackDescription pack{numbered_id(number, 0x11), {}};
  std::uint32_t offset = 0;
  for (const Id& id : blobs) {
    pack.entries.push_back({{type, id}, offset, 100, 200});
    offset += 100;
  }
  return pack;
}

/// What the C library has handed out, in bytes.
std::size_t allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(Index, HoldsAMillionBlobsIn48BytesEach) {
  constexpr std::size_t kBlobs = 1'000'000;
  constexpr std::size_t kPerPack = 16;
  std::mt19937_64 random(1);
  const std::size_t before = allocated_bytes();
  Index index;
  {
    Index::Loader loader(index);
    for (std::uint64_t pack = 0; pack < kBlobs / kPerPack; ++pack) {
      std::vector<Id> ids(kPerPack);
      for (Id& id : ids) id = random_id(random);
      loader.add(pack_of(pack, ids, pack % 20 == 0 ? BlobType::kTree : BlobType::kData));
    }
  }
  const std::size_t grown = allocated_bytes() - before;
  EXPECT_EQ(index.blob_count(), kBlobs);
  EXPECT_EQ(index.pack_count(), kBlobs / kPerPack);
  const double claimed = static_cast<double>(index.memory_bytes()) / kBlobs;
  RecordProperty("bytes_a_blob", std::to_string(claimed));
  EXPECT_LE(claimed, 48.0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // Within a percent of what was really allocated.
  EXPECT_NEAR(static_cast<double>(grown), static_cast<double>(index.memory_bytes()),
              0.01 * static_cast<double>(grown));
#endif
}

TEST(Index, TellsDataFromTree) {
  Index index;
  index.add_packs({pack_of(1, {numbered_id(1)}, BlobType::kTree)});
  EXPECT_TRUE(index.contains({BlobType::kTree, numbered_id(1)}));
  EXPECT_FALSE(index.contains({BlobType::kData, numbered_id(1)}));
  EXPECT_TRUE(index.find({BlobType::kData, numbered_id(1)}).empty());
}

TEST(Index, FindsEveryCopyOnceHoweverItWasLearnt) {
  Index index;
  const BlobHandle handle{BlobType::kData, numbered_id(7)};
  index.add_packs({pack_of(1, {numbered_id(7)}), pack_of(2, {numbered_id(8), numbered_id(7)})});
  {
    Index::Loader loader(index);  // the first pack again, as its index file lists it
    loader.add(pack_of(1, {numbered_id(7)}));
    loader.add(pack_of(3, {numbered_id(7)}));
  }
  std::vector<BlobLocation> found = index.find(handle);
  std::ranges::sort(found, {}, &BlobLocation::pack);
  const std::vector<BlobLocation> expected{{numbered_id(1, 0x11), 0, 100, 200},
                                           {numbered_id(2, 0x11), 100, 100, 200},
                                           {numbered_id(3, 0x11), 0, 100, 200}};
  EXPECT_EQ(found, expected);
  EXPECT_EQ(index.find_any(handle)->plaintext_length(), 200U);
  EXPECT_EQ(index.find_any({BlobType::kTree, numbered_id(7)}), std::nullopt);
}

TEST(Index, KeepsWhatIsAddedBitByBit) {
  Index index;
  constexpr std::uint64_t kPacks = 3000;  // beyond what is kept aside before it is merged
  for (std::uint64_t i = 0; i < kPacks; ++i) {
    std::vector<Id> ids;
    for (std::uint64_t j = 0; j < 10; ++j) ids.push_back(numbered_id(i * 7919 % kPacks << 48 | j));
    index.add_packs({pack_of(i, ids)});
  }
  EXPECT_EQ(index.blob_count(), kPacks * 10);
  for (std::uint64_t i = 0; i < kPacks; ++i) {
    const BlobHandle handle{BlobType::kData, numbered_id(i * 7919 % kPacks << 48 | 9)};
    const auto found = index.find(handle);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].pack, numbered_id(i, 0x11));
    EXPECT_EQ(found[0].offset, 900U);
  }
}

TEST(Index, LetsABlobBeClaimedOnceUntilItIsStored) {
  Index index;
  const BlobHandle handle{BlobType::kData, numbered_id(1)};
  EXPECT_TRUE(index.claim(handle));
  EXPECT_FALSE(index.claim(handle));
  EXPECT_TRUE(index.contains(handle)) << "pending counts as present";
  EXPECT_TRUE(index.find(handle).empty());
  EXPECT_TRUE(index.claim({BlobType::kTree, numbered_id(1)}));
  index.add_packs({pack_of(1, {numbered_id(1)})});
  EXPECT_FALSE(index.claim(handle));
  EXPECT_EQ(index.find(handle).size(), 1U);
}

TEST(Index, LetsOneOfManyThreadsClaimEachBlob) {
  constexpr std::uint64_t kBlobs = 20'000;
  constexpr unsigned kThreads = 4;
  Index index;
  std::vector<std::atomic<int>> claims(kBlobs);
  {
    std::vector<std::jthread> threads;
    for (unsigned thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::uint64_t i = 0; i < kBlobs; ++i) {
          const std::uint64_t number = thread % 2 == 0 ? i : kBlobs - 1 - i;
          if (!index.claim({BlobType::kData, numbered_id(number)})) continue;
          ++claims[number];
          // Stored at once, so that claims meet pending, recent and merged blobs.
          index.add_packs({pack_of(number, {numbered_id(number)})});
        }
      });
    }
  }
  EXPECT_TRUE(std::ranges::all_of(claims, [](const auto& count) { return count == 1; }));
  EXPECT_EQ(index.blob_count(), kBlobs);
}

// With a search through all copies for each of them, this would take an hour.
TEST(Index, FindsAnyNumberOfCopiesEachOnce) {
  constexpr std::uint64_t kCopies = 1'000'000;
  const BlobHandle handle{BlobType::kData, numbered_id(1)};
  PackDescription pack{numbered_id(1, 0x11), {}};
  for (std::uint32_t i = 0; i < kCopies; ++i) {
    pack.entries.push_back({handle, UINT32_MAX - i, 100, 200});
  }
  Index index;
  {
    Index::Loader loader(index);
    loader.add(pack);
    loader.add(pack);
  }
  const std::vector<BlobLocation> found = index.find(handle);
  ASSERT_EQ(found.size(), kCopies);
  std::set<std::uint32_t> offsets;
  for (const BlobLocation& location : found) offsets.insert(location.offset);
  EXPECT_EQ(offsets.size(), kCopies);
}

}  // namespace
}  // namespace snapfs
