// The low-level FUSE operations: kernel requests to SnapshotFs calls and back. The reply contract
// (exactly one reply a request, none after it) is kept here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "mount/fuse/recent_listings.h"
#include "mount/fuse/request_stats.h"
#include "mount/fuse/request_watch.h"
#include "mount/model/snapshot_fs.h"

struct fuse_lowlevel_ops;

namespace snapfs {

/// What the operations work on: the session's user data. Thread-safe.
struct FuseContext {
  SnapshotFs& fs;
  bool posix_acl = false;          ///< let the kernel check access by ACLs
  bool xattrs = true;              ///< without, the kernel learns at once never to ask for one
  std::uint64_t generation = 0;    ///< differs from mount to mount: old NFS handles become stale
  std::function<void()> on_ready;  ///< called once, when requests are answered
  double brief_timeout = 1;        ///< seconds that the kernel may keep what changes with snapshots
  bool writable = false;           ///< there is a file that may be written to
  bool no_open = false;            ///< set at INIT, before other requests
  bool no_opendir = false;         ///< likewise
  RequestStats& stats;
  RequestWatch watch;
  RecentListings listings;

  /// `request_timeout`: how long a request may wait for storage; 0: for ever.
  FuseContext(SnapshotFs& snapshot_fs, RequestStats& request_stats,
              std::chrono::milliseconds request_timeout);
};

/// The table for fuse_session_new, whose user data is a FuseContext*.
const fuse_lowlevel_ops& fuse_operations() noexcept;

}  // namespace snapfs
