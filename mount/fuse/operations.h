// The low-level FUSE operations: kernel requests to SnapshotFs calls and back. The reply contract
// (exactly one reply a request, none after it) is kept here.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "fs/base/synchronized.h"
#include "mount/fuse/request_stats.h"
#include "mount/fuse/request_watch.h"
#include "mount/model/snapshot_fs.h"

struct fuse_lowlevel_ops;

namespace snapfs {

/// What the operations work on: the session's user data. Thread-safe.
struct FuseContext {
  SnapshotFs& fs;
  bool posix_acl = false;          ///< let the kernel check access by ACLs
  std::uint64_t generation = 0;    ///< differs from mount to mount: old NFS handles become stale
  std::function<void()> on_ready;  ///< called once, when requests are answered
  bool writable = false;           ///< there is a file that may be written to
  bool no_open = false;            ///< set at INIT, before other requests
  RequestStats& stats;
  RequestWatch watch;

  /// Directories that are open, by handle. A table, not pointers, so that those that are still
  /// open when the mount ends are freed.
  Synchronized<std::unordered_map<std::uint64_t, std::shared_ptr<const OpenDirectory>>>
      open_directories;
  std::atomic<std::uint64_t> next_handle{1};

  /// `request_timeout`: how long a request may wait for storage; 0: for ever.
  FuseContext(SnapshotFs& snapshot_fs, RequestStats& request_stats,
              std::chrono::milliseconds request_timeout);
};

/// The table for fuse_session_new, whose user data is a FuseContext*.
const fuse_lowlevel_ops& fuse_operations() noexcept;

}  // namespace snapfs
