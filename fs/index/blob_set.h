// A set of stored blobs, at one bit for each entry of the index: which trees were seen, which blobs
// are in use. Numbers of the index's rows stand for the blobs, so the set holds no IDs. That is 300
// times smaller than IDs in a hash table, and as quick to ask as the index itself.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "fs/format/blob.h"
#include "fs/index/index.h"

namespace snapfs {

/// An index entry's number in its table.
struct BlobRow {
  BlobType type = BlobType::kData;
  std::uint8_t shard = 0;
  std::uint32_t number = 0;
};

/// All entries of one blob: `first` is the number of the first, the others follow it.
struct BlobCopies {
  BlobRow first;
  std::span<const TableEntry> entries;
};

/// Thread-safe, but for the copying functions. Blobs that came into the index after the set was
/// made are not in it and cannot be put into it.
class BlobSet {
 public:
  enum class Inserted { kNew, kBefore, kNotIndexed };

  /// An empty set of blobs that `contents` lists.
  explicit BlobSet(Index::Contents contents);
  BlobSet(const BlobSet& other);
  BlobSet(BlobSet&& other) noexcept = default;
  BlobSet& operator=(const BlobSet&) = delete;

  Inserted insert(const BlobHandle& blob) noexcept;
  void erase(const BlobHandle& blob) noexcept;
  bool contains(const BlobHandle& blob) const noexcept;

  /// `blob` is the first row of its ID.
  bool contains(const BlobRow& blob) const noexcept;
  void erase(const BlobRow& blob) noexcept;

  std::size_t size() const noexcept;

  /// The number of the blob's first entry in contents(); nothing when that does not list it.
  std::optional<BlobRow> row_of(const BlobHandle& blob) const noexcept;

  const Index::Contents& contents() const noexcept { return contents_; }

  std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::size_t kBits = 64;
  using Words = std::vector<std::atomic<std::uint64_t>>;

  std::atomic<std::uint64_t>& word(const BlobRow& row) noexcept {
    return bits_[static_cast<std::size_t>(row.type)][row.shard][row.number / kBits];
  }
  const std::atomic<std::uint64_t>& word(const BlobRow& row) const noexcept {
    return bits_[static_cast<std::size_t>(row.type)][row.shard][row.number / kBits];
  }
  static std::uint64_t bit(const BlobRow& row) noexcept {
    return std::uint64_t{1} << row.number % kBits;
  }

  Index::Contents contents_;
  std::array<std::array<Words, BlobShard::kShards>, 2> bits_;
};

/// The entry of that number.
TableEntry entry_at(const Index::Contents& contents, const BlobRow& row);

/// Calls `visit` for every blob that `contents` lists, in ascending order by type and ID.
void for_each_blob(const Index::Contents& contents,
                   const std::function<void(const BlobCopies&)>& visit);

}  // namespace snapfs
