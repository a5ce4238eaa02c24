// What is inside the snapshots, as a file system by inode: names, attributes, links. Content is
// FileReader's.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "mount/model/attributes.h"
#include "mount/model/changed_trees.h"
#include "mount/model/directory.h"
#include "mount/model/inode_table.h"
#include "mount/model/tree_cache.h"
#include "mount/model/virtual_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// Thread-safe. Inodes are those of nodes inside snapshots; where a directory is asked for, a
/// snapshot's root will do, too. One that was never given out, or is dropped, is a StaleInode; any
/// operation may throw what TreeCache::get throws.
class TreeFs final : public TreeEntries {
 public:
  /// A node together with what keeps it alive.
  struct NodeRef {
    std::shared_ptr<const TreeListing> listing;
    NodeView node;
    InodeTable::DirectoryPointer directory;  ///< that holds it
    std::size_t index = 0;                   ///< its position there
  };

  /// `roots` tells which tree a virtual inode shows. The references must outlive this.
  TreeFs(TreeCache& trees, ChangedTrees& changed, const VirtualTree& roots, Ownership ownership,
         StopToken stop)
      : trees_(trees),
        changed_(changed),
        roots_(roots),
        ownership_(ownership),
        stop_(std::move(stop)) {}

  /// Nothing when there is no such name.
  std::optional<Entry> lookup(Ino parent, std::string_view name) override;

  void drop(Ino root) noexcept override { inodes_.drop(root); }

  /// What the kernel is told of an entry, and what it forgets.
  void remember(const Entry& entry) {
    if (S_ISDIR(entry.attributes.mode)) inodes_.remember(entry.ino);
  }
  void forget(Ino ino, std::uint64_t lookups) noexcept { inodes_.forget(ino, lookups); }

  Entry entry(Ino ino);

  std::shared_ptr<const OpenDirectory> open_directory(Ino ino);

  /// The directory that holds the entry.
  Ino parent(Ino ino) { return node(ino).directory->self; }

  /// Raw bytes. Error{kUsage} when it is no symbolic link.
  std::string read_link(Ino ino);

  /// Nothing when there is no such attribute.
  std::optional<Bytes> extended_attribute(Ino ino, std::string_view name);

  /// The names, each followed by a zero byte.
  std::string extended_attribute_names(Ino ino);

  /// See SnapshotFs::place_text; but throws StaleInode.
  std::string place_text(Ino ino) const;

  NodeRef node(Ino ino);

  /// These never wait for storage: nothing, or null, when the directory is not in memory.
  /// entries_in_memory() is the directory's first entry, if it has any.
  std::optional<NodeRef> node_in_memory(Ino ino);
  std::optional<NodeRef> entries_in_memory(Ino directory);
  std::shared_ptr<const TreeListing> listing_in_memory(Ino directory);

  /// Directories that a walk comes to after this one, in this order: those in it, and those that
  /// lie behind it in its own, but for what is below any of these; at most `most`, and nothing
  /// behind one that is not in memory. Looks at some thousand entries at most.
  std::vector<std::shared_ptr<const TreeListing>> following_in_memory(Ino directory,
                                                                      std::size_t most);

  /// How many directories it keeps the inodes of.
  std::size_t directories() const { return inodes_.size(); }

 private:
  class Listing;

  static constexpr std::size_t kLookedAt = 1024;

  /// A directory inside a snapshot, decoded.
  struct DirectoryRef {
    InodeTable::DirectoryPointer directory;
    std::shared_ptr<const TreeListing> listing;
  };

  VirtualTree::NodePointer root(Ino ino) const;
  DirectoryRef directory(Ino ino);
  TreeDirectory describe(Ino ino);
  std::shared_ptr<const TreeListing> listing_of(const TreeDirectory& directory);
  std::shared_ptr<const TreeListing> peek(const TreeDirectory& directory) const;
  std::optional<Id> against_below(const TreeDirectory& directory, std::string_view name);
  Entry entry(const TreeDirectory& directory, const TreeListing& listing, std::size_t index) const;

  TreeCache& trees_;
  ChangedTrees& changed_;
  const VirtualTree& roots_;
  const Ownership ownership_;
  const StopToken stop_;
  InodeTable inodes_;
};

}  // namespace snapfs
