// The shards as one table.
#include "fs/repo/blob_table.h"

#include <utility>

namespace snapfs {

std::size_t TableEntries::size() const noexcept {
  std::size_t size = 0;
  for (const auto& entries : shards_) size += entries.size();
  return size;
}

BlobTable::BlobTable() {
  for (std::size_t i = 0; i < BlobShard::kShards; ++i) shards_.emplace_back(i);
}

std::size_t BlobTable::size() const noexcept {
  std::size_t size = 0;
  for (const BlobShard& shard : shards_) size += shard.size();
  return size;
}

void BlobTable::merge(TableEntries more) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    std::vector<TableEntry> entries = std::exchange(more.shard(i), {});  // freed shard by shard
    if (!entries.empty()) shards_[i].merge(std::move(entries));
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
