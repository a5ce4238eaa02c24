#include "fs/index/indexed_packs.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace snapfs {
namespace {

/// Spreads a number over all bits, so that sums of them tell sets apart (the finalizer of
/// splitmix64).
std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t digest_of(const PackEntry& entry) noexcept {
  const std::uint64_t place = std::uint64_t{entry.offset} << 32 | entry.length;
  const std::uint64_t kind =
      std::uint64_t{entry.uncompressed_length} << 1 | static_cast<std::uint64_t>(entry.handle.type);
  return mixed(std::hash<Id>{}(entry.handle.id) + mixed(place + mixed(kind)));
}

}  // namespace

void IndexedPack::add(const PackEntry& entry) noexcept {
  file_bytes += entry.length + header_entry_size(entry);
  digest += digest_of(entry);
  ++blobs;
  (entry.handle.type == BlobType::kTree ? has_trees : has_data) = true;
}

IndexedPack condense(std::span<const PackEntry> entries) noexcept {
  IndexedPack facts;
  for (const PackEntry& entry : entries) facts.add(entry);
  return facts;
}

void IndexedPacks::add(const Id& file, std::span<const PackDescription> packs) {
  std::size_t& blobs = blobs_in_files_[file];
  for (const PackDescription& pack : packs) {
    blobs += pack.entries.size();
    const IndexedPack facts = condense(pack.entries);
    const auto [known, is_new] = packs_.try_emplace(pack.id, facts);
    if (is_new) {
      first_files_.emplace(pack.id, file);
      continue;
    }
    IndexedPack& before = known->second;
    if (!before.lists_the_same(facts)) before.conflicting = true;
    before.has_data |= facts.has_data;
    before.has_trees |= facts.has_trees;
    const Id& first = first_files_.at(pack.id);
    if (first == file) continue;
    std::vector<Id>& files = in_several_files_[pack.id];
    if (files.empty()) files.push_back(first);
    if (files.back() != file) files.push_back(file);  // a file comes once, with all its lists
  }
}

std::vector<PackDescription> UnitedPacks::take() {
  std::vector<PackDescription> taken;
  taken.reserve(packs_.size());
  for (const auto& [id, entries] : std::exchange(packs_, {})) {
    PackDescription& pack = taken.emplace_back();
    pack.id = id;
    pack.entries.assign(entries.begin(), entries.end());
    std::ranges::stable_sort(pack.entries, {}, &PackEntry::offset);
  }
  return taken;
}

std::vector<Id> IndexedPacks::ids() const {
  std::vector<Id> ids;
  ids.reserve(packs_.size());
  for (const auto& [pack, facts] : packs_) ids.push_back(pack);
  return ids;
}

const IndexedPack* IndexedPacks::find(const Id& pack) const {
  const auto found = packs_.find(pack);
  return found == packs_.end() ? nullptr : &found->second;
}

}  // namespace snapfs
