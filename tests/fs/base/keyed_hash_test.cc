// What whoever writes a repository cannot do to our hash tables.
#include "fs/base/keyed_hash.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <unordered_set>

#include <gtest/gtest.h>

#include "fs/base/id.h"

namespace snapfs {
namespace {

constexpr std::size_t kMany = 100'000;

/// The most entries that one bucket has. With a hash that is uniform and independent for any two
/// keys it is small; a hundredth of all is what no luck explains.
std::size_t longest_chain(const std::unordered_set<Id>& ids) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < ids.bucket_count(); ++i) {
    longest = std::max(longest, ids.bucket_size(i));
  }
  return longest;
}

std::array<std::uint64_t, 4> words(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                   std::uint64_t d) {
  return {a, b, c, d};
}

TEST(KeyedHash, SpreadsIdsThatDifferInOneWordOnly) {
  for (std::size_t word = 0; word < 4; ++word) {
    std::unordered_set<Id> ids;
    for (std::size_t i = 0; i < kMany; ++i) {
      std::array<std::uint64_t, 4> chosen{};
      chosen[word] = i;
      ids.insert(Id{std::bit_cast<std::array<std::uint8_t, Id::kSize>>(chosen)});
    }
    EXPECT_LT(longest_chain(ids), kMany / 100) << "word " << word;
  }
}

TEST(KeyedHash, SpreadsMultiplesOfTheNumberOfBuckets) {
  std::unordered_set<Id> ids;
  ids.reserve(kMany);
  const std::uint64_t step = ids.bucket_count();
  for (std::size_t i = 0; i < kMany; ++i) {
    ids.insert(Id{std::bit_cast<std::array<std::uint8_t, Id::kSize>>(words(1, i * step, 2, 3))});
  }
  EXPECT_LT(longest_chain(ids), kMany / 100);
}

TEST(KeyedHash, DependsOnEveryWord) {
  const std::size_t base = keyed_hash(words(1, 2, 3, 4));
  EXPECT_NE(keyed_hash(words(0, 2, 3, 4)), base);
  EXPECT_NE(keyed_hash(words(1, 0, 3, 4)), base);
  EXPECT_NE(keyed_hash(words(1, 2, 0, 4)), base);
  EXPECT_NE(keyed_hash(words(1, 2, 3, 0)), base);
}

TEST(KeyedHash, HasANewKeyEachTime) { EXPECT_NE(random_hash_key(), random_hash_key()); }

}  // namespace
}  // namespace snapfs
