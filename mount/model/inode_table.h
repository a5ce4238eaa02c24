// Handles of what is inside snapshots, without a record an entry: a directory that is read gets one
// run of handles for all its entries, so that a handle leads back to its directory and position by
// arithmetic. Holds no nodes: those come from the tree cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

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

  /// So many directories stay that the kernel has forgotten.
  static constexpr std::size_t kForgotten = 1 << 18;

  explicit InodeTable(std::size_t forgotten = kForgotten) : most_forgotten_(forgotten) {}

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
  void drop(Ino root) noexcept;

  /// Counts what the kernel is told of a directory, as it does itself, whether it is read or not.
  void remember(Ino self);

  /// The kernel forgets so many of these, and as a rule what is in it before that. When it
  /// knows none any more the directory stays for a while, as a file handle of an NFS client may
  /// lead there; for good when names that are elsewhere, too, have their handles in it.
  void forget(Ino self, std::uint64_t lookups) noexcept;

  /// How many directories there are.
  std::size_t size() const;

  /// The handle of a directory's entry, and its inode number. Hard links share both, the handle
  /// within what is shown at one place: the kernel then keeps one copy of their content.
  std::pair<Ino, InodeNumber> entry(const TreeDirectory& directory, std::size_t index,
                                    const NodeView& node) const;

 private:
  /// What was seen below one root.
  struct Root {
    std::unordered_set<Ino> bases;  ///< of its directories
    std::unordered_map<InodeNumber, Ino> hard_links;
  };
  struct Self {
    DirectoryPointer directory;   ///< null: not read
    std::uint64_t lookups = 0;    ///< that the kernel has not forgotten
    std::uint64_t forgotten = 0;  ///< when the kernel did that last, by a count of such times
    bool has_links = false;       ///< handles of hard links are in its run
  };
  struct Forgotten {
    Ino self = 0;
    std::uint64_t when = 0;
  };

  DirectoryPointer let_go(Ino self, Self& known) noexcept;
  DirectoryPointer drop_forgotten(const Forgotten& oldest) noexcept;

  const std::size_t most_forgotten_;
  mutable std::shared_mutex mutex_;
  std::map<Ino, DirectoryPointer> directories_;  ///< by base
  std::unordered_map<Ino, Self> by_self_;        ///< those that are read or known to the kernel
  std::unordered_map<Ino, Root> roots_;
  std::deque<Forgotten> forgotten_;  ///< the oldest first; some may be known again
  std::uint64_t times_forgotten_ = 0;
  Ino next_ = kFirstTreeIno;
};

}  // namespace snapfs
