// The directories above the snapshots, as a file system by inode, kept up to date while snapshots
// come and go. What is inside a snapshot is TreeFs's.
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
#include "fs/base/timestamp.h"
#include "mount/model/directory.h"
#include "mount/model/ino.h"
#include "mount/model/snapshot_source.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

class Repository;

/// How the virtual directories look.
struct ViewOptions {
  std::vector<std::string> path_templates;  ///< empty: default_path_templates()
  bool owner_root = false;
  std::chrono::milliseconds refresh_interval{2000};  ///< list snapshots at most this often
  WarnFunction warn;                                 ///< may be empty
};

/// What a virtual inode that is a snapshot's root leads to.
struct SnapshotRoot {
  Ino self = 0;
  Ino parent = 0;
  Id snapshot;
  Id tree;
};

/// What a mount has in all; for statfs(2).
struct FsTotals {
  std::uint64_t bytes = 0;  ///< of all snapshots, as far as they say
  std::uint64_t files = 0;
};

/// Thread-safe. All inodes given to it are virtual; one that was never given out is a StaleInode.
class VirtualFs {
 public:
  /// Reads the index and the snapshots. `repository` must outlive this.
  VirtualFs(Repository& repository, ViewOptions options, StopToken stop);

  /// Whether it is a directory of ours: neither a snapshot's root nor a link.
  bool is_directory(Ino ino) const { return node(ino).kind == ViewEntry::Kind::kDirectory; }

  /// Nothing when there is no such name. `parent` is a directory of ours.
  std::optional<Entry> lookup(Ino parent, std::string_view name);

  Entry entry(Ino ino) const { return entry(node(ino)); }

  std::shared_ptr<const OpenDirectory> open_directory(Ino ino);

  Ino parent(Ino ino) const { return node(ino).parent; }

  /// Error{kUsage} when it is no symbolic link.
  std::string read_link(Ino ino) const;

  /// Nothing when it is no snapshot's root.
  std::optional<SnapshotRoot> snapshot_root(Ino ino) const;

  FsTotals totals() const;

 private:
  class Listing;

  void refresh_if_due();
  void refresh();
  void set_next_refresh() noexcept;

  const VirtualNode& node(Ino ino) const;
  Entry entry(const VirtualNode& node) const;
  void warn(std::string_view message) const;

  const ViewOptions options_;
  const StopToken stop_;
  const Timestamp start_;
  const std::uint32_t uid_;
  const std::uint32_t gid_;

  std::mutex refresh_mutex_;
  SnapshotSource source_;  ///< under refresh_mutex_
  std::atomic<std::chrono::steady_clock::rep> next_refresh_{0};
  VirtualTree tree_;
};

}  // namespace snapfs
