// Every search of this processor against the reference, on inputs chosen to break them.
#include "archiver/chunk/cut_finder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/archiver/chunk/chunk_inputs.h"

namespace snapfs {
namespace {

/// Room for two groups of the longest strips, and a rest.
constexpr std::size_t kSeveralGroups = 150000;

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
  Bytes window = test::random_bytes(kChunkWindow, seed);
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
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    tables.emplace_back(test::seeded_polynomial(seed));
  }
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
    Bytes bytes = test::random_bytes(20000, 11);
    std::ranges::copy(cutting_window(tables, 12), bytes.begin() + 15000);
    EXPECT_EQ(find_cut_scalar(tables, bytes.data(), 65, 20001), 15064U);
    EXPECT_EQ(find_by_definition(tables, bytes, 65, 20001), 15064U);
    EXPECT_EQ(find_cut_scalar(tables, bytes.data(), 15065, 20001), 20001U);
  }
}

TEST(CutFinder, AllFindEveryCutOfRandomData) {
  const Bytes bytes = test::random_bytes(6 << 20, 21);
  for (const ChunkerTables& tables : several_tables()) {
    for (std::size_t from = 65; from <= bytes.size();) {
      expect_alike(tables, bytes, from, bytes.size() + 1);
      from = find_cut_scalar(tables, bytes.data(), from, bytes.size() + 1) + 1;
    }
  }
}

TEST(CutFinder, AllFindACutAtEveryPlaceOfAStripGroup) {
  const ChunkerTables tables{test::seeded_polynomial(11)};
  const Bytes background = test::filled(12000, 1);
  const Bytes window = cutting_window(tables, 31);
  for (std::size_t at = 1; at + window.size() <= background.size(); ++at) {
    Bytes bytes = background;
    std::ranges::copy(window, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    expect_alike(tables, bytes, 65, bytes.size() + 1);
  }
}

TEST(CutFinder, AllTakeTheFirstOfSeveralCuts) {
  const ChunkerTables tables{test::seeded_polynomial(12)};
  const Bytes window = cutting_window(tables, 41);
  std::mt19937_64 engine(42);
  for (int round = 0; round < 300; ++round) {
    Bytes bytes = test::random_bytes(16000, engine());
    for (int i = 0; i < 4; ++i) {
      std::ranges::copy(window, bytes.begin() + static_cast<std::ptrdiff_t>(engine() % 15900));
    }
    expect_alike(tables, bytes, 65 + engine() % 3000, bytes.size() + 1 - engine() % 3000);
  }
}

/// Zeros, other constants, short periods, few symbols, and a set bit now and then.
std::vector<Bytes> degenerate_inputs(std::size_t size) {
  std::vector<Bytes> inputs;
  for (const int value : {0x00, 0x01, 0x80, 0xff}) {
    inputs.push_back(test::filled(size, static_cast<std::uint8_t>(value)));
  }
  for (const std::size_t period : {2U, 3U, 8U, 63U, 64U, 65U, 1088U}) {
    inputs.push_back(test::periodic(size, period, period));
  }
  for (const unsigned mask : {0x01U, 0x81U, 0x03U}) {
    Bytes few = test::random_bytes(size, mask);
    for (std::uint8_t& byte : few) byte = static_cast<std::uint8_t>(byte & mask);
    inputs.push_back(std::move(few));
  }
  Bytes sparse = test::filled(size, 0);
  for (std::size_t i = 0; i < sparse.size(); i += 4352) sparse[i] = 1;
  inputs.push_back(std::move(sparse));
  return inputs;
}

TEST(CutFinder, AllAgreeOnDegenerateData) {
  const std::vector<Bytes> inputs = degenerate_inputs(kSeveralGroups);
  for (const ChunkerTables& tables : several_tables()) {
    for (const Bytes& bytes : inputs) {
      for (std::size_t from = 65; from < bytes.size(); from += bytes.size() / 7) {
        expect_alike(tables, bytes, from, bytes.size() + 1);
      }
    }
  }
}

TEST(CutFinder, AllFindACutAnywhereInAGroupOfManyStrips) {
  // By this polynomial ones alone are never a cut (FORMAT §8.4).
  const ChunkerTables tables{Polynomial(0x3DA3358B4DC173)};
  const Bytes window = cutting_window(tables, 51);
  Bytes bytes = test::filled(kSeveralGroups, 1);
  // 191 is coprime to the lengths of strips, so that every place of a strip has its turn.
  for (std::size_t at = 1; at + window.size() <= bytes.size(); at += 191) {
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    std::ranges::copy(window, place);
    expect_alike(tables, bytes, 65 + at % 64, bytes.size() + 1);
    std::fill_n(place, window.size(), std::uint8_t{1});
  }
}

TEST(CutFinder, AllAgreeWhateverTheAlignment) {
  const ChunkerTables tables{test::seeded_polynomial(13)};
  Bytes bytes = test::random_bytes(kSeveralGroups, 61);
  const Bytes window = cutting_window(tables, 62);
  for (const std::size_t at : {9000U, 75000U, 149000U}) {
    std::ranges::copy(window, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  for (std::size_t offset = 0; offset < 130; ++offset) {
    const ByteView view = ByteView(bytes).subspan(offset);
    const std::size_t first = find_cut_scalar(tables, view.data(), 65, view.size() + 1);
    ASSERT_LE(first, 9064 - offset);
    expect_alike(tables, view, 65, view.size() + 1);
    expect_alike(tables, view, first + 1, view.size() + 1 - offset);
  }
}

TEST(CutFinder, AllAgreeForManyPolynomials) {
  const Bytes bytes = test::random_bytes(kSeveralGroups, 71);
  for (int i = 0; i < 50; ++i) {
    const ChunkerTables tables{test::seeded_polynomial(static_cast<std::uint64_t>(i))};
    Bytes copy = bytes;
    std::ranges::copy(cutting_window(tables, 72),
                      copy.end() - 64 - static_cast<std::ptrdiff_t>(2000 * i));
    expect_alike(tables, copy, 65, copy.size() + 1);
  }
}

TEST(CutFinder, AllAgreeOnEveryShortLength) {
  const ChunkerTables tables{test::seeded_polynomial(14)};
  std::vector<std::size_t> lengths;
  for (std::size_t length = 0; length <= 300; ++length) lengths.push_back(length);
  for (const std::size_t group : {4096U, 4352U, 8192U, 12288U, 69632U, 73728U}) {
    for (std::size_t i = 0; i <= 130; ++i) lengths.push_back(group - 65 + i);
  }
  for (const std::size_t length : lengths) {
    Bytes bytes = test::random_bytes(64 + length, length + 1);
    expect_alike(tables, bytes, 65, 65 + length);
    if (length < 64) continue;
    // And with a cut at the very last place.
    std::ranges::copy(cutting_window(tables, 81), bytes.end() - 64);
    ASSERT_EQ(find_cut_scalar(tables, bytes.data(), 64 + length, 65 + length), 64 + length);
    expect_alike(tables, bytes, 65, 65 + length);
  }
}

TEST(CutFinder, AllKeepWithinTheirRange) {
  const ChunkerTables tables{test::seeded_polynomial(15)};
  for (const std::size_t length :
       {0U, 1U, 64U, 1087U, 4351U, 4352U, 4353U, 8704U, 69632U, 69696U, 139264U, 139328U}) {
    // Exactly the bytes that may be read, so that a sanitizer sees any other access.
    const Bytes exact = test::random_bytes(64 + length, length + 1);
    expect_alike(tables, exact, 65, 65 + length);
    expect_alike(tables, exact, 65 + length, 65);
  }
}

}  // namespace
}  // namespace snapfs
