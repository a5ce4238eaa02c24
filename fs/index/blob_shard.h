// A sixteenth of a table of blobs: 44 bytes a blob, plus what the fan-out costs.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"

namespace snapfs {

/// Where a blob lies, with the pack as a number the index gave it.
struct TableEntry {
  Id id;
  std::uint32_t pack = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t uncompressed_length = 0;

  friend auto operator<=>(const TableEntry&, const TableEntry&) noexcept = default;
};

/// The entries whose IDs begin with the same four bits. Immutable between merges, and copies share
/// what they hold. Sorted by ID and found through a table of the first two bytes, which are
/// therefore not stored; lengths of 2^24 − 1 and more live in a side table. Not thread-safe.
class BlobShard {
 public:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kPrefixes = (1 << 16) / kShards;
  static constexpr std::size_t kRowBytes = 44;

  struct Lengths {
    std::uint32_t length = 0;
    std::uint32_t uncompressed_length = 0;
  };

  /// What a shard consists of, as memory or a file may hold it.
  struct Parts {
    std::span<const std::uint32_t> first_row;  ///< of each prefix, and the number of rows
    ByteView rows;                             ///< kRowBytes each
    std::unordered_map<std::uint32_t, Lengths> long_rows;
  };

  /// The number of the shard that the ID belongs to.
  static std::size_t of(const Id& id) noexcept { return id.bytes[0] >> 4; }

  /// Empty. `number` is below kShards.
  explicit BlobShard(std::size_t number);

  /// `owner` keeps the parts alive; they are as parts() gave them once.
  BlobShard(std::size_t number, Parts parts, std::shared_ptr<const void> owner)
      : first_prefix_(number * kPrefixes), parts_(std::move(parts)), owner_(std::move(owner)) {}

  /// Valid while a copy of the shard lives that was not merged into.
  const Parts& parts() const noexcept { return parts_; }

  std::size_t size() const noexcept { return parts_.rows.size() / kRowBytes; }

  /// Adds entries of this shard, which are in ascending order; exact duplicates are dropped.
  void merge(std::span<const TableEntry> more);

  /// Calls `visit` for every entry of the ID until it returns false.
  void find(const Id& id, const std::function<bool(const TableEntry&)>& visit) const;

  bool contains(const Id& id) const noexcept { return number_of(id).has_value(); }

  void for_each(const std::function<void(const TableEntry&)>& visit) const;

  /// The first entry of the ID by its number, which stays until the shard is merged into. Entries
  /// of one ID have numbers that follow each other.
  std::optional<std::uint32_t> number_of(const Id& id) const noexcept;

  /// `number` is below size(). A search in the prefixes: for_each is the way to see them all.
  TableEntry entry(std::uint32_t number) const;

  /// Bytes of memory that merges have taken. What a file holds is not among them.
  std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::size_t kSuffixSize = Id::kSize - 2;

  struct Row {
    std::array<std::uint8_t, kSuffixSize> suffix;
    std::array<std::uint8_t, 3> length;
    std::array<std::uint8_t, 3> uncompressed_length;
    std::array<std::uint8_t, 4> pack;
    std::array<std::uint8_t, 4> offset;
  };
  static_assert(sizeof(Row) == kRowBytes && alignof(Row) == 1);

  /// Memory for the parts.
  struct Built {
    std::vector<std::uint32_t> first_row;
    std::vector<Row> rows;
    std::unordered_map<std::uint32_t, Lengths> long_rows;

    void append(const TableEntry& entry);
  };

  void adopt(Built built);
  const Row* rows() const noexcept { return reinterpret_cast<const Row*>(parts_.rows.data()); }
  const Row& row(std::size_t number) const noexcept { return rows()[number]; }
  /// The first two bytes, counted from the shard's first ones.
  std::size_t prefix_of(const Id& id) const noexcept;
  TableEntry unpack(std::size_t prefix, std::size_t row) const;
  std::size_t lower_bound(const Id& id) const noexcept;

  std::size_t first_prefix_;
  Parts parts_;
  std::shared_ptr<const void> owner_;
  std::size_t built_bytes_ = 0;
};

}  // namespace snapfs
