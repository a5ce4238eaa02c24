// The virtual directories as they are now, with inode numbers that last: what a rebuild finds
// again keeps its number. Reads no repository.
#pragma once

#include <deque>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "fs/base/id.h"
#include "fs/base/timestamp.h"
#include "mount/model/ino.h"
#include "mount/model/inode_number.h"
#include "mount/model/view.h"

namespace snapfs {

/// What a virtual inode is. Never changes and is never dropped, so that a directory that somebody
/// stands in goes on when its snapshot is forgotten.
struct VirtualNode {
  ViewEntry::Kind kind = ViewEntry::Kind::kDirectory;
  Ino ino = 0;
  Ino parent = 0;
  InodeNumber inode = 0;
  std::string path;    ///< directories only
  std::string target;  ///< links only
  Id snapshot;         ///< snapshots only
  Id tree;             ///< snapshots only
  Timestamp time;      ///< the snapshot's; links and snapshots only
};

/// Thread-safe.
class VirtualTree {
 public:
  VirtualTree();

  /// Gives every entry of `view` its inode and makes it the current view.
  void replace(View view);

  /// The current view; stays as it is when it is replaced.
  std::shared_ptr<const View> view() const;

  /// Lives as long as the tree. Null for an inode that was never given out.
  const VirtualNode* find(Ino ino) const;

 private:
  /// One inode a place and snapshot: the kernel allows a directory one parent only, so the same
  /// snapshot has an inode of its own in each directory that shows it.
  Ino ino_of(const std::string& key, const VirtualNode& node);
  void number(View& view);

  mutable std::shared_mutex mutex_;
  std::shared_ptr<const View> view_;
  std::deque<VirtualNode> nodes_;  ///< by inode, the root first
  std::unordered_map<std::string, Ino> inos_;
};

}  // namespace snapfs
