// Blobs that lie near each other in a pack, so that one access to the storage gets them all. Only
// the plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fs/base/id.h"
#include "fs/format/blob.h"

namespace snapfs {

/// A stored copy of a blob.
struct StoredBlob {
  BlobHandle handle;
  BlobLocation location;
  std::size_t tag = 0;  ///< what its user knows it by
};

/// Blobs of one pack in ascending order of their offsets, at least one.
struct PackRun {
  Id pack;
  std::vector<StoredBlob> blobs;

  std::uint64_t begin() const noexcept { return blobs.front().location.offset; }
  std::uint64_t end() const noexcept {
    return std::uint64_t{blobs.back().location.offset} + blobs.back().location.length;
  }
  std::uint64_t length() const noexcept { return end() - begin(); }
};

struct RunLimits {
  std::uint64_t max_gap = 128 << 10;   ///< bytes between two blobs that are read for nothing
  std::uint64_t max_length = 2 << 20;  ///< bytes of a run; one blob alone may be longer
};

/// Each blob in exactly one run, a copy that is given twice in the same one. The runs come
/// in the order in which their first wanted blob is given.
std::vector<PackRun> plan_runs(const std::vector<StoredBlob>& blobs, const RunLimits& limits = {});

}  // namespace snapfs
