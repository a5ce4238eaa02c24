#include "fs/index/blob_shard.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

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

BlobShard::BlobShard(std::size_t number) : first_prefix_(number * kPrefixes) {
  adopt({std::vector<std::uint32_t>(kPrefixes + 1, 0), {}, {}});
}

void BlobShard::adopt(Built built) {
  parts_.long_rows = std::exchange(built.long_rows, {});
  const auto kept = std::make_shared<const Built>(std::move(built));
  parts_.first_row = kept->first_row;
  parts_.rows = {reinterpret_cast<const std::uint8_t*>(kept->rows.data()),
                 kept->rows.size() * kRowBytes};
  built_bytes_ =
      kept->rows.capacity() * sizeof(Row) + kept->first_row.capacity() * sizeof(std::uint32_t);
  owner_ = kept;
}

std::size_t BlobShard::prefix_of(const Id& id) const noexcept {
  return (std::size_t{id.bytes[0]} << 8 | id.bytes[1]) - first_prefix_;
}

TableEntry BlobShard::unpack(std::size_t prefix, std::size_t number) const {
  const Row& packed = row(number);
  TableEntry entry;
  entry.id.bytes[0] = static_cast<std::uint8_t>((first_prefix_ + prefix) >> 8);
  entry.id.bytes[1] = static_cast<std::uint8_t>(first_prefix_ + prefix);
  std::ranges::copy(packed.suffix, entry.id.bytes.begin() + 2);
  entry.pack = get(packed.pack);
  entry.offset = get(packed.offset);
  entry.length = get(packed.length);
  entry.uncompressed_length = get(packed.uncompressed_length);
  if (entry.length == kLong) {
    const Lengths& lengths = parts_.long_rows.at(static_cast<std::uint32_t>(number));
    entry.length = lengths.length;
    entry.uncompressed_length = lengths.uncompressed_length;
  }
  return entry;
}

std::size_t BlobShard::lower_bound(const Id& id) const noexcept {
  const std::size_t prefix = prefix_of(id);
  const Row* const first = rows();
  const auto found = std::lower_bound(
      first + parts_.first_row[prefix], first + parts_.first_row[prefix + 1], id,
      [](const Row& row, const Id& wanted) {
        return std::memcmp(row.suffix.data(), wanted.bytes.data() + 2, kSuffixSize) < 0;
      });
  return static_cast<std::size_t>(found - first);
}

std::optional<std::uint32_t> BlobShard::number_of(const Id& id) const noexcept {
  const std::size_t found = lower_bound(id);
  const bool there = found < parts_.first_row[prefix_of(id) + 1] &&
                     std::memcmp(row(found).suffix.data(), id.bytes.data() + 2, kSuffixSize) == 0;
  return there ? std::optional(static_cast<std::uint32_t>(found)) : std::nullopt;
}

TableEntry BlobShard::entry(std::uint32_t number) const {
  const auto next = std::ranges::upper_bound(parts_.first_row, number);
  return unpack(static_cast<std::size_t>(next - parts_.first_row.begin()) - 1, number);
}

void BlobShard::find(const Id& id, const std::function<bool(const TableEntry&)>& visit) const {
  const std::size_t prefix = prefix_of(id);
  for (std::size_t row = lower_bound(id); row < parts_.first_row[prefix + 1]; ++row) {
    const TableEntry entry = unpack(prefix, row);
    if (entry.id != id || !visit(entry)) return;
  }
}

void BlobShard::for_each(const std::function<void(const TableEntry&)>& visit) const {
  for (std::size_t prefix = 0; prefix < kPrefixes; ++prefix) {
    for (std::size_t row = parts_.first_row[prefix]; row < parts_.first_row[prefix + 1]; ++row) {
      visit(unpack(prefix, row));
    }
  }
}

void BlobShard::merge(std::span<const TableEntry> more) {
  Built merged;
  merged.first_row.resize(kPrefixes + 1);
  merged.rows.reserve(size() + more.size());
  auto next = more.begin();
  for (std::size_t prefix = 0; prefix < kPrefixes; ++prefix) {
    merged.first_row[prefix] = static_cast<std::uint32_t>(merged.rows.size());
    std::size_t old_row = parts_.first_row[prefix];
    const std::size_t old_end = parts_.first_row[prefix + 1];
    std::optional<TableEntry> last;
    const auto add = [&](const TableEntry& entry) {
      if (entry == last) return;
      merged.append(entry);
      last = entry;
    };
    while (old_row < old_end || (next != more.end() && prefix_of(next->id) == prefix)) {
      const bool have_new = next != more.end() && prefix_of(next->id) == prefix;
      if (old_row < old_end) {
        const TableEntry old = unpack(prefix, old_row);
        if (!have_new || old <= *next) {
          add(old);
          ++old_row;
          continue;
        }
      }
      add(*next++);
    }
  }
  merged.first_row[kPrefixes] = static_cast<std::uint32_t>(merged.rows.size());
  adopt(std::move(merged));
}

void BlobShard::Built::append(const TableEntry& entry) {
  Row row;
  std::copy(entry.id.bytes.begin() + 2, entry.id.bytes.end(), row.suffix.begin());
  put(row.pack, entry.pack);
  put(row.offset, entry.offset);
  const bool is_long = entry.length >= kLong || entry.uncompressed_length >= kLong;
  put(row.length, is_long ? kLong : entry.length);
  put(row.uncompressed_length, is_long ? kLong : entry.uncompressed_length);
  if (is_long) {
    long_rows.emplace(static_cast<std::uint32_t>(rows.size()),
                      Lengths{entry.length, entry.uncompressed_length});
  }
  rows.push_back(row);
}

std::size_t BlobShard::memory_bytes() const noexcept {
  constexpr std::size_t kMapNode = sizeof(Lengths) + 4 * sizeof(void*);
  return built_bytes_ + parts_.long_rows.size() * kMapNode;
}

}  // namespace snapfs
