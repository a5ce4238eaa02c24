// What the index files say of each pack, condensed: enough to compare the packs with their files
// and the index files with each other. The blobs themselves are in the repository's index.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "fs/base/id.h"
#include "fs/format/pack.h"

namespace snapfs {

/// One pack, as all index files together describe it.
struct IndexedPack {
  std::uint64_t file_bytes = kPackOverhead;  ///< the size its entries add up to, header included
  std::uint64_t digest = 0;                  ///< of the set of entries, whatever their order
  std::uint32_t blobs = 0;                   ///< entries
  bool has_data = false;
  bool has_trees = false;
  bool conflicting = false;  ///< it is listed several times, with different entries

  void add(const PackEntry& entry) noexcept;

  /// Whether the other one comes of the same entries.
  bool lists_the_same(const IndexedPack& other) const noexcept {
    return digest == other.digest && blobs == other.blobs;
  }

  bool is_mixed() const noexcept { return has_data && has_trees; }

  friend bool operator==(const IndexedPack&, const IndexedPack&) noexcept = default;
};

/// What one list of the pack's blobs comes to.
IndexedPack condense(std::span<const PackEntry> entries) noexcept;

/// Lists of packs that contradict each other, made one of all their entries, each once. Not
/// thread-safe.
class UnitedPacks {
 public:
  void add(const PackDescription& pack) {
    packs_[pack.id].insert(pack.entries.begin(), pack.entries.end());
  }

  /// In the order of their IDs, entries in that of their places. Leaves nothing.
  std::vector<PackDescription> take();

 private:
  std::map<Id, std::set<PackEntry>> packs_;
};

/// Not thread-safe.
class IndexedPacks {
 public:
  using Map = std::unordered_map<Id, IndexedPack>;

  /// Takes in what an index file lists; each file once.
  void add(const Id& file, std::span<const PackDescription> packs);

  const Map& packs() const noexcept { return packs_; }

  /// Their names, in no particular order.
  std::vector<Id> ids() const;

  /// Null when no index file lists the pack.
  const IndexedPack* find(const Id& pack) const;

  /// How many blobs the index file lists.
  std::size_t blobs_in(const Id& file) const { return blobs_in_files_.at(file); }

  /// The packs that several index files list, and these, in no particular order.
  const std::unordered_map<Id, std::vector<Id>>& in_several_files() const noexcept {
    return in_several_files_;
  }

 private:
  Map packs_;
  std::unordered_map<Id, Id> first_files_;
  std::unordered_map<Id, std::size_t> blobs_in_files_;
  std::unordered_map<Id, std::vector<Id>> in_several_files_;
};

}  // namespace snapfs
