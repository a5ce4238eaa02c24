// How a search in many strips covers its range: groups of strips, as long as is worth while, and
// the ordinary searches at both ends. Private to archiver/chunk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "archiver/chunk/cut_finder.h"

namespace snapfs {

/// What divides a strip's length: vector searches take a window's length of bytes at a time.
inline constexpr std::size_t kStripBlock = kChunkWindow;

/// Longer strips spend less on warm-ups, shorter ones less on what lies behind a cut. No power of
/// two, so that the strips do not share cache sets.
inline constexpr std::size_t kMaxStripLength = 17 * kStripBlock;

/// The smallest length above `n` whose last byte begins a cache line: no load of a strip then
/// takes two.
inline std::size_t next_aligned_length(const std::uint8_t* bytes, std::size_t n) {
  const auto address = reinterpret_cast<std::uintptr_t>(bytes + n);  // of length n + 1's last byte
  return n + 1 + (kStripBlock - address % kStripBlock) % kStripBlock;
}

/// A CutFinder by `search(n, strip_length)`, which answers the strip of the first cut among the
/// lengths [n, n + strips · strip_length), or `strips`.
template <class Search>
std::size_t find_cut_in_groups(const ChunkerTables& tables, const std::uint8_t* bytes,
                               std::size_t from, std::size_t to, std::size_t strips,
                               const Search& search) {
  if (from >= to) return to;
  // Zeros are cut at the first length that may be one, which must not cost a group.
  std::size_t n = std::min(next_aligned_length(bytes, from), to);
  const std::size_t cut = find_cut_scalar(tables, bytes, from, n);
  if (cut < n) return cut;
  const std::size_t smallest_group = strips * kStripBlock;
  while (to - n >= smallest_group) {
    const std::size_t strip_length =
        std::min(kMaxStripLength, (to - n) / smallest_group * kStripBlock);
    const std::size_t strip = search(n, strip_length);
    if (strip < strips) {
      const std::size_t start = n + strip * strip_length;
      return find_cut_scalar(tables, bytes, start, start + strip_length);
    }
    n += strips * strip_length;
  }
  return find_cut_strips(tables, bytes, n, to);
}

}  // namespace snapfs
