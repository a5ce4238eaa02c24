// What prune would do, decided from three lists: what the index says, which blobs are in use, which
// packs there are. Reads and writes nothing; prune.h carries the plan out.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/id.h"
#include "fs/index/blob_set.h"
#include "fs/maintain/blob_stream.h"

namespace snapfs {

/// How much unused data may stay behind. A value.
class UnusedLimit {
 public:
  /// Of all that stays; 0 ≤ percent < 100.
  static UnusedLimit of_percent(double percent) { return {percent / (100 - percent), 0}; }
  static UnusedLimit of_bytes(std::uint64_t bytes) { return {0, bytes}; }
  static UnusedLimit unlimited() { return of_bytes(std::numeric_limits<std::uint64_t>::max()); }

  /// In bytes, when so many are used.
  std::uint64_t beside(std::uint64_t used_bytes) const noexcept {
    return bytes_ + static_cast<std::uint64_t>(per_used_ * static_cast<double>(used_bytes));
  }

 private:
  UnusedLimit(double per_used, std::uint64_t bytes) : per_used_(per_used), bytes_(bytes) {}

  double per_used_;
  std::uint64_t bytes_;
};

/// What is worth repacking.
struct RepackPolicy {
  UnusedLimit max_unused = UnusedLimit::of_percent(5);
  std::uint64_t max_repack_bytes = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t small_pack_bytes = 0;  ///< smaller packs are small; 0: found out from the sizes
  bool cacheable_only = false;         ///< only packs with trees
  bool uncompressed = false;           ///< every pack with uncompressed blobs
};

struct BlobAmount {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;  ///< sealed, without the packs' headers

  void add(std::uint64_t more_bytes) noexcept {
    ++blobs;
    bytes += more_bytes;
  }
  friend bool operator==(const BlobAmount&, const BlobAmount&) noexcept = default;
};

/// The figures that restic's prune shows, by the same rules.
struct PruneFigures {
  BlobAmount used;
  BlobAmount duplicate;
  BlobAmount unused;
  BlobAmount removed;            ///< with the packs of which nothing is used
  BlobAmount repacked;           ///< in packs that are repacked; bytes with their headers
  BlobAmount removed_by_repack;  ///< among them
  std::uint64_t unreferenced_bytes = 0;
  std::uint64_t uncompressed_bytes = 0;  ///< that stay so, although the format could do better

  std::uint64_t packs_used = 0;
  std::uint64_t packs_partly_used = 0;
  std::uint64_t packs_unused = 0;
  std::uint64_t packs_unreferenced = 0;
  std::uint64_t packs_kept = 0;
  std::uint64_t packs_repacked = 0;
  std::uint64_t packs_removed = 0;

  std::uint64_t total_blobs() const noexcept;
  std::uint64_t total_bytes() const noexcept;
  std::uint64_t pruned_bytes() const noexcept;
  std::uint64_t remaining_bytes() const noexcept { return total_bytes() - pruned_bytes(); }
  std::uint64_t unused_bytes() const noexcept { return duplicate.bytes + unused.bytes; }
  std::uint64_t unused_bytes_after() const noexcept;
};

struct PrunePlan {
  std::vector<Id> unreferenced;  ///< packs that no index lists
  std::vector<Id> remove;        ///< packs of which no blob is used
  std::vector<Id> repack;        ///< packs of which the used blobs move elsewhere, the first first
  std::vector<Id> missing;       ///< listed, not there, not needed
  /// What is used and stays nowhere, each blob once, sorted by the pack that it is read from: the
  /// number of that one in `repack`.
  std::vector<PickedBlob> blobs;
  bool listed_twice = false;  ///< some pack is, which an interrupted rewriting of the index leaves
  PruneFigures figures;
};

/// FORMAT §15. `used` holds the index that everything is about; its blobs are all in it. `packs`
/// are all that the storage has. Throws Error{kDamaged} when a pack that is needed is not there, or
/// not of the size that the index says, and when the index lists a pack several times, in ways that
/// contradict each other.
PrunePlan plan_prune(const BlobSet& used, std::span<const FileInfo> packs,
                     unsigned repository_version, const RepackPolicy& policy);

}  // namespace snapfs
