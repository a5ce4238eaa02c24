// The index in memory: where every blob of the repository lies, and which blobs are on their way
// there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "fs/format/blob.h"
#include "fs/format/pack.h"
#include "fs/index/blob_table.h"

namespace snapfs {

/// Thread-safe. Grows only, but for replace().
class Index {
 public:
  class Loader;

  /// All that is stored; copies share it.
  struct Contents {
    std::vector<Id> packs;            ///< by the numbers in the tables
    std::array<BlobTable, 2> tables;  ///< by BlobType
  };

  /// Learns the packs of index files, or one that was just stored; its blobs are pending no more.
  void add_packs(const std::vector<PackDescription>& packs);

  /// Whether the blob is stored or pending.
  bool contains(const BlobHandle& handle) const;

  /// Every place the blob is stored at; empty when it is not, or only pending.
  std::vector<BlobLocation> find(const BlobHandle& handle) const;

  /// One of them.
  std::optional<BlobLocation> find_any(const BlobHandle& handle) const;

  /// Marks the blob as pending and returns true when it is neither stored nor pending: the caller
  /// must then store it (FORMAT §7.3).
  bool claim(const BlobHandle& handle);

  /// The blobs that were claimed and are not stored yet, in ascending order.
  std::vector<BlobHandle> pending() const;

  /// Whether one of them still is not.
  bool any_pending(const std::vector<BlobHandle>& blobs) const;

  Contents contents();

  /// Begins with what another index held. Nothing was added yet.
  void begin_with(Contents contents);

  /// Holds this from now on, and no more what it held. False, and all stays as it is, when this
  /// program itself claimed blobs, or added packs: the contents may not know of them.
  bool replace(Contents contents);

  std::size_t blob_count() const;
  std::size_t pack_count() const;

  /// Another number whenever it may know other packs than before.
  std::uint64_t version() const;

  /// Bytes of memory held for all stored blobs together.
  std::size_t memory_bytes() const;

 private:
  struct TypeIndex {
    BlobTable table;
    std::unordered_multimap<Id, TableEntry> recent;  ///< merged into the table when many
    std::unordered_set<Id> pending;

    bool contains(const Id& id) const;
  };

  TypeIndex& of(BlobType type) { return types_[static_cast<std::size_t>(type)]; }
  const TypeIndex& of(BlobType type) const { return types_[static_cast<std::size_t>(type)]; }
  BlobLocation location_of(const TableEntry& entry) const;
  void settle(TypeIndex& index);

  mutable std::shared_mutex mutex_;
  std::vector<Id> packs_;
  std::array<TypeIndex, 2> types_;
  std::uint64_t version_ = 0;
  bool is_written_to_ = false;  ///< by claim() or add_packs()
};

/// Takes many packs in with few merges: all that was given is visible after finish(), and some of
/// it before. Thread-safe.
class Index::Loader {
 public:
  /// The index must outlive the loader.
  explicit Loader(Index& index) : index_(index) {}
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void add(const PackDescription& pack);

  /// To be called when all is added and nothing failed.
  void finish();

 private:
  void merge(std::size_t type);

  Index& index_;
  std::mutex mutex_;
  std::array<std::vector<TableEntry>, 2> entries_;  ///< with the index's numbers of packs
};

}  // namespace snapfs
