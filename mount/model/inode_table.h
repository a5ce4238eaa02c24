// Handles of what is inside snapshots, without a record an entry: a directory that is read gets one
// run of handles for all its entries, so that a handle leads back to its directory and position by
// arithmetic. Holds no nodes: those come from the tree cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/base/id.h"
#include "mount/model/ino.h"
#include "mount/model/inode_number.h"
#include "mount/model/tree_cache.h"

namespace snapfs {

/// A directory inside a snapshot that was read at least once.
struct TreeDirectory {
  Ino self = 0;
  Ino parent = 0;
  Ino root = 0;  ///< of the snapshot as seen at one place of the view
  Ino base = 0;  ///< the first entry's; given by the table
  std::uint32_t count = 0;
  Id snapshot;
  Id tree;
  std::optional<Id> against;  ///< only what differs from this tree is shown
  InodeNumber inode = 0;      ///< its own
  InodeNumber parent_inode = 0;
  DirectoryNumbers numbers;  ///< its entries'
};

/// Thread-safe.
class InodeTable {
 public:
  using DirectoryPointer = std::shared_ptr<const TreeDirectory>;

  struct Place {
    DirectoryPointer directory;
    std::size_t index = 0;  ///< of the node in the directory's tree
  };

  /// Null when the directory was never read, or is dropped.
  DirectoryPointer find_directory(Ino self) const;

  /// Nothing when the number was never given out, or is dropped.
  std::optional<Place> find(Ino ino) const;

  /// Gives the directory's entries their handles, unless another thread just did. `listing` is what
  /// is shown of its tree.
  DirectoryPointer add(TreeDirectory directory, const TreeListing& listing);

  /// Forgets the directories that were seen below this root. Their handles are not given out again.
  void drop(Ino root);

  /// How many directories there are.
  std::size_t size() const;

  /// The handle of a directory's entry, and its inode number. Hard links share both, the handle
  /// within what is shown at one place: the kernel then keeps one copy of their content.
  std::pair<Ino, InodeNumber> entry(const TreeDirectory& directory, std::size_t index,
                                    const NodeView& node) const;

 private:
  /// What was seen below one root.
  struct Root {
    std::vector<Ino> bases;  ///< of its directories
    std::unordered_map<InodeNumber, Ino> hard_links;
  };

  mutable std::shared_mutex mutex_;
  std::map<Ino, DirectoryPointer> directories_;  ///< by base
  std::unordered_map<Ino, DirectoryPointer> by_self_;
  std::unordered_map<Ino, Root> roots_;
  Ino next_ = kFirstTreeIno;
};

}  // namespace snapfs
