// The virtual directories' inodes, and the layout by templates as it is now. What a rebuild finds
// again keeps its number; what it does not find stays as long as the kernel knows it. Reads no
// repository.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fs/base/id.h"
#include "fs/time/timestamp.h"
#include "mount/model/ino.h"
#include "mount/model/inode_number.h"
#include "mount/model/view.h"
#include "mount/model/virtual_part.h"

namespace snapfs {

/// What a virtual inode is. Never changes. One that nothing leads to any more, or that is
/// forgettable, is dropped once the kernel has forgotten it, so that a directory that somebody
/// stands in goes on when its snapshot is forgotten.
struct VirtualNode {
  enum class Kind { kDirectory, kTree, kLink, kFile };

  Kind kind = Kind::kDirectory;
  Ino ino = 0;
  Ino parent = 0;
  InodeNumber inode = 0;
  InodeNumber parent_inode = 0;  ///< the parent itself may be forgotten
  VirtualPart* part = nullptr;   ///< that made it; null: the layout by templates
  std::string path;              ///< directories and files: what the part knows them by; trees:
                                 ///< where in the snapshot, empty for its root
  std::string target;            ///< links only
  Id snapshot;                   ///< trees, and what is made of snapshots
  Id tree;
  std::optional<Id> against;           ///< show only what differs from this tree
  std::optional<Id> against_snapshot;  ///< whose that is
  std::string kept_by;     ///< not empty: the kernel is told of its entries only, and knows none of
                           ///< them unless it knows the directory of this identity
  Timestamp time;          ///< the snapshot's; all but directories
  std::uint64_t size = 0;  ///< bytes, files only
  bool writable = false;   ///< files that take in what is written, and hold nothing
  bool more_names = false;             ///< trees only: the part has names that the tree has not
  std::shared_ptr<const Bytes> bytes;  ///< files whose content is not worked out, but kept
  bool passing = false;                ///< its name stands for another one at every look
  bool forgettable = false;            ///< dropped once the kernel has forgotten it: there may be
                                       ///< as many as there are names in all snapshots
};

/// Thread-safe.
class VirtualTree {
 public:
  using NodePointer = std::shared_ptr<const VirtualNode>;

  /// A name in a directory.
  struct Name {
    Ino directory = 0;
    std::string name;

    friend auto operator<=>(const Name&, const Name&) = default;
  };

  /// The name by which the kernel may find a node that nothing leads to any more.
  struct GoneName {
    Name name;
    Ino node = 0;
  };

  /// What nothing leads to any more, since a view was replaced.
  struct Gone {
    std::vector<GoneName> names;  ///< of what the kernel knows: those it was told last
    std::vector<Ino> nodes;       ///< that were dropped
  };

  VirtualTree();

  /// Gives every entry of `view` its inode and makes it the current view, since `now`, or a
  /// nanosecond after the view before when the clock says otherwise. Drops what nothing leads to
  /// any more, as far as the kernel does not know it.
  Gone replace(View view, const Timestamp& now);

  /// The current view; stays as it is when it is replaced.
  std::shared_ptr<const View> view() const;

  /// What `identity` names among all nodes; `node` says what it is when it is not known yet. The
  /// kernel allows a directory one place only, so the same snapshot has an inode of its own in each
  /// directory that shows it; names that lead to it within a directory share one.
  NodePointer add(const std::string& identity, VirtualNode node);

  /// A node that is forgotten when some more of them were made.
  NodePointer add_passing(VirtualNode node);

  /// Null for an inode that was never given out, or is dropped.
  NodePointer find(Ino ino) const;

  /// Counts what the kernel is told of an inode, as it does itself, and under which name. False
  /// when the inode is not there any more: it must not be told then.
  bool remember(Ino ino, Ino directory, std::string_view name);

  /// Whether that is what the kernel was told last of the name: it may stand for another node by
  /// now.
  bool is_told(const GoneName& name) const;

  /// The kernel forgets so many of these; with 0 a node goes that it was never told of. Whether it
  /// was dropped.
  bool forget(Ino ino, std::uint64_t lookups);

  /// How many nodes there are, the passing ones aside.
  std::size_t size() const;

 private:
  struct Known {
    NodePointer node;
    const std::string* identity = nullptr;  ///< the key in inos_; of the root: null
    std::uint64_t lookups = 0;              ///< that the kernel has not forgotten
    Name told;                              ///< the last name that the kernel was told of it
    std::uint64_t shown = 0;                ///< the last view that has it; 0: none had
    bool led_to = true;                     ///< something leads to it in the current view
    bool is_gone = false;  ///< the kernel has to hear that, or did, and was not told of it since
    bool waits = false;    ///< forgettable, and the kernel did not know it at the last view
  };
  using Nodes = std::map<Ino, Known>;

  NodePointer add_locked(const std::string& identity, VirtualNode node);
  void number(View& view);
  bool is_led_to(const Known& known) const;
  bool is_known(const Known& known) const;
  Nodes::iterator drop(Nodes::iterator known) noexcept;
  void erase_told(const Name& name, Ino ino) noexcept;
  void sweep();

  mutable std::shared_mutex mutex_;
  std::shared_ptr<const View> view_;
  std::uint64_t last_generation_ = 0;  ///< of a view that was begun
  std::unordered_set<Id> snapshots_;   ///< of the view
  Nodes nodes_;                        ///< parents come before what is in them
  std::map<std::string, Ino> inos_;
  std::map<Name, Ino> told_;  ///< what the kernel was told of each name, of nodes that are there
  Gone gone_;                 ///< not handed out yet
  std::deque<NodePointer> passing_;  ///< the newest last
  Ino next_ = kRootIno + 1;
  Ino next_passing_;
};

}  // namespace snapfs
