// Which parts of a pack the cache has. Only the bookkeeping: no files, no bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "fs/backend/backend.h"

namespace snapfs {

/// Some of the bytes of one part.
struct PartPiece {
  ByteRange part;
  std::uint64_t begin = 0;  ///< of the pack
  std::uint64_t end = 0;
};

/// Parts may overlap, but none lies within another.
class PackParts {
 public:
  bool empty() const noexcept { return parts_.empty(); }

  /// Takes in a part. Returns those that lie within it: they are of no use any more.
  std::vector<ByteRange> add(const ByteRange& part);

  /// Forgets all parts that have a byte of the range, and returns them.
  std::vector<ByteRange> take_overlapping(const ByteRange& range);

  void remove(const ByteRange& part);

  /// What the range can be put together from, in order; nothing when some of it is missing.
  std::vector<PartPiece> pieces_of(const ByteRange& range) const;

  const std::vector<ByteRange>& all() const noexcept { return parts_; }

 private:
  std::vector<ByteRange> parts_;  ///< by their beginnings, and so by their ends
};

}  // namespace snapfs
