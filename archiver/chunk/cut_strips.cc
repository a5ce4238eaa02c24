// The search in four strips at a time. The fingerprint is a chain of dependent table look-ups, so
// one chain leaves the processor waiting; but it is a function of the last 64 bytes alone, so
// chains can start anywhere after 64 bytes of warm-up. A hit is looked up again in its own strip.
//
//   bytes  …|<-64->|<--- strip 0 --->|<--- strip 1 --->|<--- strip 2 --->|<--- strip 3 --->|…
//                                |64 |             |64 |             |64 |   warm-ups
#include <bit>
#include <cstring>

#include "archiver/chunk/cut_finder.h"

namespace snapfs {

namespace {

constexpr std::size_t kStrips = 4;
// A multiple of 64 that is no power of two, so that the strips do not share cache sets.
constexpr std::size_t kStripLength = 1088;
constexpr std::size_t kStep = sizeof(std::uint64_t);
static_assert(kStripLength % kStep == 0);

std::uint64_t load(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The byte that came `j`-th in memory.
std::uint8_t byte_of(std::uint64_t word, std::size_t j) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  j = kStep - 1 - j;
#endif
  return static_cast<std::uint8_t>(word >> (8 * j));
}

/// The strip of the first cut among the lengths [n, n + kStrips · kStripLength), or kStrips.
std::size_t first_strip_with_a_cut(const ChunkerTables& tables, const std::uint8_t* bytes,
                                   std::size_t n) {
  const ChunkerTables::Table& mod = tables.mod();
  const ChunkerTables::Table& out = tables.out_shifted();
  std::uint64_t digest[kStrips];
  unsigned hits = 0;  // bit k for strip k
  // Length n is tested after byte n − 1 has come in, so the first byte to slide in is that one.
  const std::uint8_t* const in = bytes + n - 1;
#pragma GCC unroll 4
  for (std::size_t k = 0; k < kStrips; ++k) {
    digest[k] = tables.fingerprint({in + k * kStripLength - kChunkWindow, kChunkWindow});
  }
  for (std::size_t i = 0; i < kStripLength; i += kStep) {
    std::uint64_t coming[kStrips];
    std::uint64_t leaving[kStrips];
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kStrips; ++k) {
      coming[k] = load(in + k * kStripLength + i);
      leaving[k] = load(in + k * kStripLength + i - kChunkWindow);
    }
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kStep; ++j) {
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kStrips; ++k) {
        digest[k] = (digest[k] << 8) ^ mod[digest[k] >> ChunkerTables::kShift] ^
                    (out[byte_of(leaving[k], j)] ^ byte_of(coming[k], j));
        if ((digest[k] & kSplitMask) == 0) [[unlikely]]
          hits |= 1U << k;
      }
    }
  }
  return hits == 0 ? kStrips : static_cast<std::size_t>(std::countr_zero(hits));
}

}  // namespace

std::size_t find_cut_strips(const ChunkerTables& tables, const std::uint8_t* bytes,
                            std::size_t from, std::size_t to) {
  constexpr std::size_t kGroup = kStrips * kStripLength;
  std::size_t n = from;
  for (; n < to && to - n >= kGroup; n += kGroup) {
    const std::size_t strip = first_strip_with_a_cut(tables, bytes, n);
    if (strip < kStrips) {
      const std::size_t start = n + strip * kStripLength;
      return find_cut_scalar(tables, bytes, start, start + kStripLength);
    }
  }
  return find_cut_scalar(tables, bytes, n, to);
}

}  // namespace snapfs
