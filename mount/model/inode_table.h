// Inode numbers inside snapshots, without a record an inode: a directory that is read gets one run
// of numbers for all its entries, in the order of their names. So numbers ascend by name, which is
// the order `cp -a` opens files in, and a number leads back to its directory and position by
// arithmetic. Holds no nodes: those come from the tree cache.
//
// Numbers are given in the order in which directories are first read. They hold for the life of
// the mount, and differ from one mount to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "fs/base/id.h"
#include "mount/model/ino.h"
#include "mount/model/tree_cache.h"

namespace snapfs {

/// A directory inside a snapshot that was read at least once.
struct TreeDirectory {
  Ino self = 0;
  Ino parent = 0;
  Ino root = 0;  ///< of the snapshot as seen at one place of the view
  Ino base = 0;  ///< the first entry's
  std::uint32_t count = 0;
  Id tree;
};

/// Thread-safe. What is returned by pointer is immutable and lives as long as the table.
class InodeTable {
 public:
  struct Place {
    const TreeDirectory* directory = nullptr;
    std::size_t index = 0;  ///< of the node in the directory's tree
  };

  /// Null when the directory was never read.
  const TreeDirectory* find_directory(Ino self) const;

  /// Nothing when the number was never given out.
  std::optional<Place> find(Ino ino) const;

  /// Gives the directory's entries their numbers, unless another thread just did. `listing` is the
  /// content of `tree`.
  const TreeDirectory& add(Ino self, Ino parent, Ino root, const Id& tree,
                           const TreeListing& listing);

  /// The inode of a directory's entry. Hard links share the number that was given to the first of
  /// them, within one snapshot and never across two: programs take equal numbers as the promise of
  /// equal bytes.
  Ino ino_of(const TreeDirectory& directory, std::size_t index, const Node& node) const;

 private:
  struct HardLink {
    Ino root = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t fingerprint = 0;  ///< of what the node shows but its name

    friend bool operator==(const HardLink&, const HardLink&) = default;
  };
  struct HardLinkHash {
    std::size_t operator()(const HardLink& link) const noexcept;
  };

  static bool is_hard_link(const Node& node) noexcept;
  static HardLink hard_link(Ino root, const Node& node) noexcept;

  mutable std::shared_mutex mutex_;
  std::deque<TreeDirectory> directories_;  ///< ascending by base
  std::unordered_map<Ino, const TreeDirectory*> by_self_;
  std::unordered_map<HardLink, Ino, HardLinkHash> hard_links_;
  Ino next_ = kFirstTreeIno;
};

}  // namespace snapfs
