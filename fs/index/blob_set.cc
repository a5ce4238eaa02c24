#include "fs/index/blob_set.h"

#include <bit>
#include <optional>
#include <utility>

namespace snapfs {
namespace {

constexpr std::array kTypes = {BlobType::kData, BlobType::kTree};

const BlobTable& table_of(const Index::Contents& contents, BlobType type) {
  return contents.tables[static_cast<std::size_t>(type)];
}

}  // namespace

BlobSet::BlobSet(Index::Contents contents) : contents_(std::move(contents)) {
  for (const BlobType type : kTypes) {
    for (std::size_t i = 0; i < BlobShard::kShards; ++i) {
      const std::size_t rows = table_of(contents_, type).shards()[i].size();
      bits_[static_cast<std::size_t>(type)][i] = Words((rows + kBits - 1) / kBits);
    }
  }
}

BlobSet::BlobSet(const BlobSet& other) : BlobSet(other.contents_) {
  for (std::size_t type = 0; type < bits_.size(); ++type) {
    for (std::size_t shard = 0; shard < BlobShard::kShards; ++shard) {
      Words& words = bits_[type][shard];
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = other.bits_[type][shard][i].load();
    }
  }
}

std::optional<BlobRow> BlobSet::row_of(const BlobHandle& blob) const noexcept {
  const std::size_t shard = BlobShard::of(blob.id);
  const auto number = table_of(contents_, blob.type).shards()[shard].number_of(blob.id);
  if (!number) return std::nullopt;
  return BlobRow{blob.type, static_cast<std::uint8_t>(shard), *number};
}

BlobSet::Inserted BlobSet::insert(const BlobHandle& blob) noexcept {
  const std::optional<BlobRow> row = row_of(blob);
  if (!row) return Inserted::kNotIndexed;
  const std::uint64_t before = word(*row).fetch_or(bit(*row), std::memory_order_relaxed);
  return (before & bit(*row)) == 0 ? Inserted::kNew : Inserted::kBefore;
}

void BlobSet::erase(const BlobHandle& blob) noexcept {
  if (const std::optional<BlobRow> row = row_of(blob)) erase(*row);
}

void BlobSet::erase(const BlobRow& blob) noexcept {
  word(blob).fetch_and(~bit(blob), std::memory_order_relaxed);
}

bool BlobSet::contains(const BlobHandle& blob) const noexcept {
  const std::optional<BlobRow> row = row_of(blob);
  return row && contains(*row);
}

bool BlobSet::contains(const BlobRow& blob) const noexcept {
  return (word(blob).load(std::memory_order_relaxed) & bit(blob)) != 0;
}

std::size_t BlobSet::size() const noexcept {
  std::size_t size = 0;
  for (const auto& shards : bits_) {
    for (const Words& words : shards) {
      for (const auto& word : words) size += static_cast<std::size_t>(std::popcount(word.load()));
    }
  }
  return size;
}

std::size_t BlobSet::memory_bytes() const noexcept {
  std::size_t words = 0;
  for (const auto& shards : bits_) {
    for (const Words& shard : shards) words += shard.size();
  }
  return words * sizeof(std::uint64_t);
}

TableEntry entry_at(const Index::Contents& contents, const BlobRow& row) {
  return table_of(contents, row.type).shards()[row.shard].entry(row.number);
}

void for_each_blob(const Index::Contents& contents,
                   const std::function<void(const BlobCopies&)>& visit) {
  std::vector<TableEntry> copies;
  for (const BlobType type : kTypes) {
    for (std::size_t i = 0; i < BlobShard::kShards; ++i) {
      BlobRow next{type, static_cast<std::uint8_t>(i), 0};
      const auto finish = [&] {
        if (copies.empty()) return;
        BlobRow first = next;
        first.number -= static_cast<std::uint32_t>(copies.size());
        visit({first, copies});
        copies.clear();
      };
      table_of(contents, type).shards()[i].for_each([&](const TableEntry& entry) {
        if (!copies.empty() && copies.front().id != entry.id) finish();
        copies.push_back(entry);
        ++next.number;
      });
      finish();
    }
  }
}

}  // namespace snapfs
