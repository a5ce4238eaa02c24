// The directories above the snapshots, as a file system by inode, kept up to date while snapshots
// come and go. Which names they hold is the parts' matter (VirtualPart); what is inside a snapshot
// is TreeFs's.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/time/clock.h"
#include "fs/time/time_template.h"
#include "fs/time/timestamp.h"
#include "fs/time/timezone.h"
#include "fs/tree/snapshot_list.h"
#include "mount/model/at_part.h"
#include "mount/model/changed_part.h"
#include "mount/model/control_part.h"
#include "mount/model/directory.h"
#include "mount/model/gone_names.h"
#include "mount/model/ino.h"
#include "mount/model/inode_number.h"
#include "mount/model/snapshot_follower.h"
#include "mount/model/versions_part.h"
#include "mount/model/view_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

class Repository;

/// How the virtual directories look.
struct ViewOptions {
  std::vector<std::string> path_templates;  ///< empty: default_path_templates()
  TimeTemplate time_template;               ///< for %T in path templates
  SnapshotFilter filter;                    ///< which snapshots are shown at all
  bool owner_root = false;
  bool prefetch_file = false;                        ///< have .snapfs/prefetch
  std::chrono::milliseconds refresh_interval{2000};  ///< list snapshots at most this often
  WarnFunction warn;                                 ///< may be empty
  const Clock* clock = nullptr;                      ///< null: the system's
  const TimeZone* zone = nullptr;                    ///< for times without one; null: the local one
};

/// What the views need to look into the snapshots, and to tell of. All of it outlives VirtualFs.
struct VirtualFsTrees {
  VirtualTree& nodes;
  TreeCache& cache;
  ChangedTrees& changed;
  TreeEntries& entries;
  ControlPart::Text status;   ///< of the mount; called when it is looked at
  ControlPart::Text metrics;  ///< the same for Prometheus
};

/// Thread-safe. All inodes given to it are virtual; one that was never given out, or is dropped, is
/// a StaleInode.
class VirtualFs {
 public:
  /// Reads the index and the snapshots. `repository` must outlive this.
  VirtualFs(Repository& repository, const VirtualFsTrees& trees, ViewOptions options,
            StopToken stop);

  /// Whether it is a directory of ours: neither a snapshot's root nor a link or file.
  bool is_directory(Ino ino) const { return node(ino)->kind == VirtualNode::Kind::kDirectory; }

  /// Nothing when there is no such name. `parent` is a directory of ours, or the root of a snapshot
  /// that does not have the name itself.
  std::optional<Entry> lookup(Ino parent, std::string_view name);

  Entry entry(Ino ino) const { return entry(*node(ino)); }

  /// The same, after looking for new snapshots when that is due: for a kernel that has the listing
  /// of a directory and asks only whether it is still right.
  Entry refreshed_entry(Ino ino);

  std::shared_ptr<const OpenDirectory> open_directory(Ino ino);

  Ino parent(Ino ino) const { return node(ino)->parent; }

  /// Error{kUsage} when it is no symbolic link.
  std::string read_link(Ino ino) const;

  /// The whole file. Error{kUsage} when it is no file.
  std::shared_ptr<const Bytes> content(Ino ino);

  bool is_writable(Ino ino) const { return node(ino)->writable; }

  /// Names that the kernel need not remember any more.
  GoneNames& gone_names() noexcept { return gone_names_; }

  /// How many are shown.
  std::size_t snapshots() const { return tree_.view()->snapshots.size(); }

  /// See VirtualTree.
  bool remember(Ino ino, Ino directory, std::string_view name) {
    return tree_.remember(ino, directory, name);
  }
  bool is_told(const VirtualTree::GoneName& name) const { return tree_.is_told(name); }
  void forget(Ino ino, std::uint64_t lookups) {
    if (tree_.forget(ino, lookups)) trees_.entries.drop(ino);
  }
  std::size_t nodes() const { return tree_.size(); }

 private:
  class Listing;
  using NodePointer = VirtualTree::NodePointer;

  /// A name in the mount's top directory that is there whatever the templates say, unless they make
  /// a directory of that name.
  struct TopName {
    VirtualName name;
    bool listed = true;
  };

  void refresh_if_due();
  void refresh();
  void set_next_refresh() noexcept;

  void add_top(std::string name, VirtualPart& part, bool listed = true);
  VirtualPart& part_of(const VirtualNode& node) { return node.part ? *node.part : layout_; }
  std::vector<VirtualName> names(const VirtualNode& directory);

  NodePointer node(Ino ino) const;

  /// When the names in it may have become others: the kernel keeps a listing until then.
  Timestamp changed(const VirtualNode& directory) const;
  Entry entry(const VirtualNode& node) const;
  std::optional<Entry> entry(const VirtualName& name) const;
  void warn(std::string_view message) const;

  const VirtualFsTrees trees_;
  const ViewOptions options_;
  const StopToken stop_;
  const SystemClock system_clock_;
  const Clock& clock_;
  const TimeZone& zone_;
  const std::uint32_t uid_;
  const std::uint32_t gid_;

  std::mutex refresh_mutex_;
  SnapshotFollower source_;  ///< under refresh_mutex_
  std::atomic<std::chrono::steady_clock::rep> next_refresh_{0};
  VirtualTree& tree_;
  GoneNames gone_names_;

  AtPart at_;
  ViewPart layout_;
  ChangedPart changed_;
  VersionsPart versions_;
  ControlPart control_;
  std::vector<TopName> tops_;  ///< ascending by name
};

}  // namespace snapfs
