// All blobs of one type, in shards: each is merged by itself, so that growing takes little room
// besides the table.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "fs/base/id.h"
#include "fs/index/blob_shard.h"

namespace snapfs {

/// Immutable between merges, and copies share what they hold. Not thread-safe.
class BlobTable {
 public:
  BlobTable();

  /// All BlobShard::kShards, in their order.
  explicit BlobTable(std::vector<BlobShard> shards) : shards_(std::move(shards)) {}

  const std::vector<BlobShard>& shards() const noexcept { return shards_; }

  std::size_t size() const noexcept;

  /// Adds entries in any order; exact duplicates are dropped. Sorts them and leaves their memory to
  /// the caller.
  void merge(std::span<TableEntry> more);

  /// Calls `visit` for every entry of the ID until it returns false.
  void find(const Id& id, const std::function<bool(const TableEntry&)>& visit) const {
    shards_[BlobShard::of(id)].find(id, visit);
  }

  bool contains(const Id& id) const noexcept { return shards_[BlobShard::of(id)].contains(id); }

  /// In ascending order.
  void for_each(const std::function<void(const TableEntry&)>& visit) const;

  /// Bytes of memory the table holds.
  std::size_t memory_bytes() const noexcept;

 private:
  std::vector<BlobShard> shards_;
};

}  // namespace snapfs
