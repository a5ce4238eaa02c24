// Each type of blob has a table, sorted and compact, which is dear to add to, and beside it a hash
// map of what came since. When the map has a sixteenth of the table's size it is merged, so that a
// growing index is copied rarely and a lookup asks two places. A Loader, which takes in whole index
// files, gathers a quarter before it merges. The third place is the set of blobs that are on their
// way: claim() looks under the shared lock first, since most blobs are known, and once more under
// the exclusive one, since another thread may have claimed the blob in between.
#include "fs/index/index.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <numeric>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Merging costs a copy of the table, so it waits until enough has come to be worth it.
bool worth_merging(std::size_t recent, std::size_t settled) {
  constexpr std::size_t kLeast = 16 << 10;
  return recent >= std::max(kLeast, settled / 16);
}

/// What a loader gathers before it merges. With a quarter of what is settled a table is copied four
/// times while it is filled.
constexpr std::size_t kLeastBatch = 64 << 10;

/// Leaves the first of equal ones where it is. An index can list a blob any number of times.
std::vector<BlobLocation> distinct(std::vector<BlobLocation> locations) {
  if (locations.size() < 2) return locations;
  std::vector<std::size_t> order(locations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return locations[i]; });
  const auto same = [&](std::size_t a, std::size_t b) { return locations[a] == locations[b]; };
  order.erase(std::unique(order.begin(), order.end(), same), order.end());
  std::ranges::sort(order);
  std::vector<BlobLocation> result;
  result.reserve(order.size());
  for (const std::size_t i : order) result.push_back(locations[i]);
  return result;
}

}  // namespace

void Index::add_packs(const std::vector<PackDescription>& packs) {
  const std::unique_lock lock(mutex_);
  is_written_to_ = true;
  ++version_;
  for (const PackDescription& pack : packs) {
    const auto number = static_cast<std::uint32_t>(packs_.size());
    packs_.push_back(pack.id);
    for (const PackEntry& entry : pack.entries) {
      TypeIndex& index = of(entry.handle.type);
      const Id& id = entry.handle.id;
      index.recent.emplace(
          id, TableEntry{id, number, entry.offset, entry.length, entry.uncompressed_length});
      index.pending.erase(id);
    }
    for (TypeIndex& index : types_) {
      if (worth_merging(index.recent.size(), index.table.size())) settle(index);
    }
  }
}

Index::Contents Index::contents() {
  const std::unique_lock lock(mutex_);
  for (TypeIndex& index : types_) settle(index);
  return {packs_, {types_[0].table, types_[1].table}};
}

void Index::begin_with(Contents contents) {
  const std::unique_lock lock(mutex_);
  ++version_;
  packs_ = std::move(contents.packs);
  for (std::size_t i = 0; i < types_.size(); ++i) types_[i].table = std::move(contents.tables[i]);
}

bool Index::replace(Contents contents) {
  const std::unique_lock lock(mutex_);
  if (is_written_to_) return false;
  std::swap(packs_, contents.packs);
  for (std::size_t i = 0; i < types_.size(); ++i) {
    std::swap(types_[i].table, contents.tables[i]);
    types_[i].recent = {};
  }
  ++version_;
  return true;
}

void Index::settle(TypeIndex& index) {
  if (index.recent.empty()) return;
  std::vector<TableEntry> entries;
  entries.reserve(index.recent.size());
  for (const auto& [id, entry] : index.recent) entries.push_back(entry);
  index.recent = {};
  index.table.merge(entries);
}

void Index::Loader::add(const PackDescription& pack) {
  const std::lock_guard lock(mutex_);
  std::uint32_t number = 0;
  std::array<std::size_t, 2> settled{};
  {
    const std::unique_lock index_lock(index_.mutex_);
    number = static_cast<std::uint32_t>(index_.packs_.size());
    index_.packs_.push_back(pack.id);
    ++index_.version_;
    for (std::size_t type = 0; type < settled.size(); ++type) {
      settled[type] = index_.types_[type].table.size();
    }
  }
  for (const PackEntry& entry : pack.entries) {
    entries_[static_cast<std::size_t>(entry.handle.type)].push_back(
        {entry.handle.id, number, entry.offset, entry.length, entry.uncompressed_length});
  }
  for (std::size_t type = 0; type < entries_.size(); ++type) {
    if (entries_[type].size() >= std::max(kLeastBatch, settled[type] / 4)) merge(type);
  }
}

void Index::Loader::merge(std::size_t type) {
  std::vector<TableEntry>& entries = entries_[type];
  const std::unique_lock index_lock(index_.mutex_);
  TypeIndex& index = index_.types_[type];
  for (const TableEntry& entry : entries) index.pending.erase(entry.id);
  if (worth_merging(entries.size(), index.table.size())) {
    index.table.merge(entries);
  } else {
    for (const TableEntry& entry : entries) index.recent.emplace(entry.id, entry);
    if (worth_merging(index.recent.size(), index.table.size())) index_.settle(index);
  }
  entries.clear();
}

void Index::Loader::finish() {
  for (std::size_t type = 0; type < entries_.size(); ++type) merge(type);
}

Index::Loader::~Loader() {
  try {
    finish();
  } catch (const std::bad_alloc&) {
    // Something failed before, or finish() did: whoever loads hears of that.
  }
}

bool Index::contains(const BlobHandle& handle) const {
  const std::shared_lock lock(mutex_);
  return of(handle.type).contains(handle.id);
}

bool Index::TypeIndex::contains(const Id& id) const {
  return table.contains(id) || recent.contains(id) || pending.contains(id);
}

std::vector<BlobLocation> Index::find(const BlobHandle& handle) const {
  std::vector<BlobLocation> found;
  const std::shared_lock lock(mutex_);
  const auto add = [&](const TableEntry& entry) {
    found.push_back(location_of(entry));
    return true;
  };
  const TypeIndex& index = of(handle.type);
  index.table.find(handle.id, add);
  const auto [begin, end] = index.recent.equal_range(handle.id);
  for (auto it = begin; it != end; ++it) add(it->second);
  // An index file read after its packs were added, or two files that list one pack.
  return distinct(std::move(found));
}

std::optional<BlobLocation> Index::find_any(const BlobHandle& handle) const {
  std::optional<BlobLocation> found;
  const std::shared_lock lock(mutex_);
  const TypeIndex& index = of(handle.type);
  index.table.find(handle.id, [&](const TableEntry& entry) {
    found = location_of(entry);
    return false;
  });
  if (found) return found;
  const auto recent = index.recent.find(handle.id);
  return recent == index.recent.end() ? found : location_of(recent->second);
}

BlobLocation Index::location_of(const TableEntry& entry) const {
  // A table that was mapped from a file may say anything.
  if (entry.pack >= packs_.size()) {
    throw Error(ErrorCode::kInternal, "the copy of the index is wrong: run again with --no-cache");
  }
  return {packs_[entry.pack], entry.offset, entry.length, entry.uncompressed_length};
}

bool Index::claim(const BlobHandle& handle) {
  if (contains(handle)) return false;
  const std::unique_lock lock(mutex_);
  TypeIndex& index = of(handle.type);
  if (index.table.contains(handle.id) || index.recent.contains(handle.id)) return false;
  is_written_to_ = true;
  return index.pending.insert(handle.id).second;
}

std::vector<BlobHandle> Index::pending() const {
  const std::shared_lock lock(mutex_);
  std::vector<BlobHandle> blobs;
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    for (const Id& id : of(type).pending) blobs.push_back({type, id});
  }
  std::ranges::sort(blobs);
  return blobs;
}

bool Index::any_pending(const std::vector<BlobHandle>& blobs) const {
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(
      blobs, [&](const BlobHandle& blob) { return of(blob.type).pending.contains(blob.id); });
}

std::size_t Index::blob_count() const {
  const std::shared_lock lock(mutex_);
  std::size_t count = 0;
  for (const TypeIndex& index : types_) count += index.table.size() + index.recent.size();
  return count;
}

std::size_t Index::pack_count() const {
  const std::shared_lock lock(mutex_);
  return packs_.size();
}

std::uint64_t Index::version() const {
  const std::shared_lock lock(mutex_);
  return version_;
}

std::size_t Index::memory_bytes() const {
  // What a node of the hash map takes besides the entry: key, links, allocator's header.
  constexpr std::size_t kRecentNode = sizeof(TableEntry) + sizeof(Id) + 4 * sizeof(void*);
  const std::shared_lock lock(mutex_);
  std::size_t bytes = packs_.capacity() * sizeof(Id);
  for (const TypeIndex& index : types_) {
    bytes += index.table.memory_bytes() + index.recent.size() * kRecentNode;
  }
  return bytes;
}

}  // namespace snapfs
