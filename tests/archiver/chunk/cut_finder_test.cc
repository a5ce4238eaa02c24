// Every search of this processor against the reference, on inputs chosen to break them.
#include "archiver/chunk/cut_finder.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "tests/archiver/chunk/chunk_inputs.h"

namespace snapfs {
namespace {

/// The definition itself (FORMAT §8.1): the whole window anew at every length.
std::size_t find_by_definition(const ChunkerTables& tables, ByteView bytes, std::size_t from,
                               std::size_t to) {
  for (std::size_t n = from; n < to; ++n) {
    const ByteView window = bytes.subspan(n - kChunkWindow, kChunkWindow);
    if ((tables.fingerprint(window) & kSplitMask) == 0) return n;
  }
  return to;
}

/// A window that the polynomial maps to a cut: random but for its last bytes, which are solved for
/// by taking the fingerprint's low bits away (the last three bytes enter it unreduced).
Bytes cutting_window(const ChunkerTables& tables, std::uint64_t seed) {
  Bytes window = testing::random_bytes(kChunkWindow, seed);
  const std::uint64_t low = tables.fingerprint(window) & kSplitMask;
  for (std::size_t i = 0; i < 3; ++i) {
    window[kChunkWindow - 1 - i] ^= static_cast<std::uint8_t>(low >> (8 * i));
  }
  return window;
}

std::vector<ChunkerTables> several_tables() {
  std::vector<ChunkerTables> tables;
  for (const std::uint64_t bits : {0x3DA3358B4DC173U, 0x25b468838dcb75U}) {
    tables.emplace_back(Polynomial(bits));
  }
  for (int i = 0; i < 3; ++i) tables.emplace_back(Polynomial::random());
  return tables;
}

void expect_alike(const ChunkerTables& tables, ByteView bytes, std::size_t from, std::size_t to) {
  const std::size_t expected = find_cut_scalar(tables, bytes.data(), from, to);
  for (const NamedCutFinder& finder : cut_finders()) {
    ASSERT_EQ(finder.find(tables, bytes.data(), from, to), expected)
        << finder.name << " from " << from << " to " << to << ", polynomial "
        << tables.polynomial().hex();
  }
}

TEST(CutFinder, ListsTheReferenceFirst) {
  ASSERT_GE(cut_finders().size(), 2U);
  EXPECT_EQ(cut_finders().front().find, &find_cut_scalar);
  EXPECT_EQ(cut_finders().back().find, best_cut_finder());
}

TEST(CutFinder, ReferenceAgreesWithTheDefinition) {
  for (const ChunkerTables& tables : several_tables()) {
    Bytes bytes = testing::random_bytes(20000, 11);
    std::ranges::copy(cutting_window(tables, 12), bytes.begin() + 15000);
    EXPECT_EQ(find_cut_scalar(tables, bytes.data(), 65, 20001), 15064U);
    EXPECT_EQ(find_by_definition(tables, bytes, 65, 20001), 15064U);
    EXPECT_EQ(find_cut_scalar(tables, bytes.data(), 15065, 20001), 20001U);
  }
}

TEST(CutFinder, AllFindEveryCutOfRandomData) {
  const Bytes bytes = testing::random_bytes(6 << 20, 21);
  for (const ChunkerTables& tables : several_tables()) {
    for (std::size_t from = 65; from <= bytes.size();) {
      expect_alike(tables, bytes, from, bytes.size() + 1);
      from = find_cut_scalar(tables, bytes.data(), from, bytes.size() + 1) + 1;
    }
  }
}

TEST(CutFinder, AllFindACutAtEveryPlaceOfAStripGroup) {
  const ChunkerTables tables{Polynomial::random()};
  const Bytes background = testing::filled(12000, 1);
  const Bytes window = cutting_window(tables, 31);
  for (std::size_t at = 1; at + window.size() <= background.size(); ++at) {
    Bytes bytes = background;
    std::ranges::copy(window, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    expect_alike(tables, bytes, 65, bytes.size() + 1);
  }
}

TEST(CutFinder, AllTakeTheFirstOfSeveralCuts) {
  const ChunkerTables tables{Polynomial::random()};
  const Bytes window = cutting_window(tables, 41);
  std::mt19937_64 engine(42);
  for (int round = 0; round < 300; ++round) {
    Bytes bytes = testing::random_bytes(16000, engine());
    for (int i = 0; i < 4; ++i) {
      std::ranges::copy(window, bytes.begin() + static_cast<std::ptrdiff_t>(engine() % 15900));
    }
    expect_alike(tables, bytes, 65 + engine() % 3000, bytes.size() + 1 - engine() % 3000);
  }
}

TEST(CutFinder, AllAgreeOnDegenerateData) {
  std::vector<Bytes> inputs;
  for (const int value : {0x00, 0x01, 0x80, 0xff}) {
    inputs.push_back(testing::filled(40000, static_cast<std::uint8_t>(value)));
  }
  for (const std::size_t period : {2U, 3U, 8U, 63U, 64U, 65U, 1088U}) {
    inputs.push_back(testing::periodic(40000, period, period));
  }
  Bytes sparse = testing::filled(40000, 0);
  for (std::size_t i = 0; i < sparse.size(); i += 4352) sparse[i] = 1;
  inputs.push_back(sparse);
  for (const ChunkerTables& tables : several_tables()) {
    for (const Bytes& bytes : inputs) {
      for (std::size_t from = 65; from < 30000; from += 997) {
        expect_alike(tables, bytes, from, bytes.size() + 1);
      }
    }
  }
}

TEST(CutFinder, AllKeepWithinTheirRange) {
  const ChunkerTables tables{Polynomial::random()};
  for (const std::size_t length : {0U, 1U, 64U, 1087U, 4351U, 4352U, 4353U, 8704U}) {
    // Exactly the bytes that may be read, so that a sanitizer sees any other access.
    const Bytes exact = testing::random_bytes(64 + length, length + 1);
    expect_alike(tables, exact, 65, 65 + length);
    expect_alike(tables, exact, 65 + length, 65);
  }
}

}  // namespace
}  // namespace snapfs
