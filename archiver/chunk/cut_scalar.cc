// The reference search: FORMAT §8.2, one byte after another.
#include "archiver/chunk/cut_finder.h"

namespace snapfs {

std::size_t find_cut_scalar(const ChunkerTables& tables, const std::uint8_t* bytes,
                            std::size_t from, std::size_t to) {
  if (from >= to) return to;
  std::uint64_t digest = tables.fingerprint({bytes + from - kChunkWindow, kChunkWindow});
  if ((digest & kSplitMask) == 0) return from;
  for (std::size_t n = from + 1; n < to; ++n) {
    digest ^= tables.out()[bytes[n - 1 - kChunkWindow]];
    digest = tables.push(digest, bytes[n - 1]);
    if ((digest & kSplitMask) == 0) return n;
  }
  return to;
}

}  // namespace snapfs
