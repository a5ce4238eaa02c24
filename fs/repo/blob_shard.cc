#include "fs/repo/blob_shard.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace snapfs {
namespace {

/// Lengths from here on do not fit a row's three bytes and are kept aside.
constexpr std::uint32_t kLong = 0xff'ffff;

template <std::size_t Size>
void put(std::array<std::uint8_t, Size>& field, std::uint32_t value) noexcept {
  std::memcpy(field.data(), &value, Size);
}

template <std::size_t Size>
std::uint32_t get(const std::array<std::uint8_t, Size>& field) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, field.data(), Size);
  return value;
}

}  // namespace

std::size_t BlobShard::prefix_of(const Id& id) const noexcept {
  return (std::size_t{id.bytes[0]} << 8 | id.bytes[1]) - first_prefix_;
}

TableEntry BlobShard::unpack(std::size_t prefix, std::size_t row) const {
  const Row& packed = rows_[row];
  TableEntry entry;
  entry.id.bytes[0] = static_cast<std::uint8_t>((first_prefix_ + prefix) >> 8);
  entry.id.bytes[1] = static_cast<std::uint8_t>(first_prefix_ + prefix);
  std::ranges::copy(packed.suffix, entry.id.bytes.begin() + 2);
  entry.pack = get(packed.pack);
  entry.offset = get(packed.offset);
  entry.length = get(packed.length);
  entry.uncompressed_length = get(packed.uncompressed_length);
  if (entry.length == kLong) {
    const Lengths& lengths = long_rows_.at(static_cast<std::uint32_t>(row));
    entry.length = lengths.length;
    entry.uncompressed_length = lengths.uncompressed_length;
  }
  return entry;
}

std::size_t BlobShard::lower_bound(const Id& id) const noexcept {
  const std::size_t prefix = prefix_of(id);
  const auto begin = rows_.begin() + first_row_[prefix];
  const auto end = rows_.begin() + first_row_[prefix + 1];
  const auto found = std::lower_bound(begin, end, id, [](const Row& row, const Id& wanted) {
    return std::memcmp(row.suffix.data(), wanted.bytes.data() + 2, kSuffixSize) < 0;
  });
  return static_cast<std::size_t>(found - rows_.begin());
}

bool BlobShard::contains(const Id& id) const noexcept {
  const std::size_t row = lower_bound(id);
  return row < first_row_[prefix_of(id) + 1] &&
         std::memcmp(rows_[row].suffix.data(), id.bytes.data() + 2, kSuffixSize) == 0;
}

void BlobShard::find(const Id& id, const std::function<bool(const TableEntry&)>& visit) const {
  const std::size_t prefix = prefix_of(id);
  for (std::size_t row = lower_bound(id); row < first_row_[prefix + 1]; ++row) {
    const TableEntry entry = unpack(prefix, row);
    if (entry.id != id || !visit(entry)) return;
  }
}

void BlobShard::for_each(const std::function<void(const TableEntry&)>& visit) const {
  for (std::size_t prefix = 0; prefix < kPrefixes; ++prefix) {
    for (std::size_t row = first_row_[prefix]; row < first_row_[prefix + 1]; ++row) {
      visit(unpack(prefix, row));
    }
  }
}

void BlobShard::merge(std::vector<TableEntry> more) {
  std::ranges::sort(more);
  BlobShard merged(first_prefix_ / kPrefixes);
  merged.rows_.reserve(rows_.size() + more.size());
  auto next = more.begin();
  for (std::size_t prefix = 0; prefix < kPrefixes; ++prefix) {
    merged.first_row_[prefix] = static_cast<std::uint32_t>(merged.rows_.size());
    std::size_t row = first_row_[prefix];
    const std::size_t row_end = first_row_[prefix + 1];
    std::optional<TableEntry> last;
    const auto add = [&](const TableEntry& entry) {
      if (entry == last) return;
      merged.append(entry);
      last = entry;
    };
    while (row < row_end || (next != more.end() && prefix_of(next->id) == prefix)) {
      const bool have_new = next != more.end() && prefix_of(next->id) == prefix;
      if (row < row_end) {
        const TableEntry old = unpack(prefix, row);
        if (!have_new || old <= *next) {
          add(old);
          ++row;
          continue;
        }
      }
      add(*next++);
    }
  }
  merged.first_row_[kPrefixes] = static_cast<std::uint32_t>(merged.rows_.size());
  *this = std::move(merged);
}

void BlobShard::append(const TableEntry& entry) {
  Row row;
  std::copy(entry.id.bytes.begin() + 2, entry.id.bytes.end(), row.suffix.begin());
  put(row.pack, entry.pack);
  put(row.offset, entry.offset);
  const bool is_long = entry.length >= kLong || entry.uncompressed_length >= kLong;
  put(row.length, is_long ? kLong : entry.length);
  put(row.uncompressed_length, is_long ? kLong : entry.uncompressed_length);
  if (is_long) {
    long_rows_.emplace(static_cast<std::uint32_t>(rows_.size()),
                       Lengths{entry.length, entry.uncompressed_length});
  }
  rows_.push_back(row);
}

std::size_t BlobShard::memory_bytes() const noexcept {
  constexpr std::size_t kMapNode = sizeof(Lengths) + 4 * sizeof(void*);
  return rows_.capacity() * sizeof(Row) + first_row_.capacity() * sizeof(std::uint32_t) +
         long_rows_.size() * kMapNode;
}

}  // namespace snapfs
