#include "fs/index/blob_table.h"

#include <algorithm>

namespace snapfs {

BlobTable::BlobTable() {
  for (std::size_t i = 0; i < BlobShard::kShards; ++i) shards_.emplace_back(i);
}

std::size_t BlobTable::size() const noexcept {
  std::size_t size = 0;
  for (const BlobShard& shard : shards_) size += shard.size();
  return size;
}

void BlobTable::merge(std::span<TableEntry> more) {
  std::ranges::sort(more);
  auto first = more.begin();
  while (first != more.end()) {
    const std::size_t shard = BlobShard::of(first->id);
    const auto end = std::partition_point(first, more.end(), [shard](const TableEntry& entry) {
      return BlobShard::of(entry.id) == shard;
    });
    shards_[shard].merge({first, end});
    first = end;
  }
}

void BlobTable::for_each(const std::function<void(const TableEntry&)>& visit) const {
  for (const BlobShard& shard : shards_) shard.for_each(visit);
}

std::size_t BlobTable::memory_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const BlobShard& shard : shards_) bytes += shard.memory_bytes();
  return bytes;
}

}  // namespace snapfs
