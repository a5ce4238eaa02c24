// A repository mounted: what `snapfs mount` runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fs/base/stop_token.h"

namespace snapfs {

class Repository;

struct MountOptions {
  /// Let other users in (fuse.conf must allow it, unless root mounts). Without it only the mounting
  /// user gets in, and reads everything, whatever the files' modes say.
  bool allow_other = false;
  /// With allow_other: let the kernel check modes and ACLs. Turning it off shows every user
  /// everything.
  bool default_permissions = true;
  bool owner_root = false;  ///< show everything as owned by root
  std::string fsname;       ///< empty: "snapfs:" and 10 digits of the repository's ID
  unsigned threads = 4;     ///< that answer requests; at least 1
  std::size_t blob_cache_bytes = 256 << 20;
  std::size_t tree_cache_bytes = 128 << 20;
  std::vector<std::string> path_templates;           ///< see build_view; empty: the default ones
  std::chrono::milliseconds refresh_interval{2000};  ///< look for new snapshots at most this often
  /// Called once, in a thread of the server, when the mount can be used.
  std::function<void()> on_ready;
};

/// A resource: neither copied nor moved.
class MountServer {
 public:
  /// Reads the index and the snapshots; nothing is mounted yet. Check the mountpoint first
  /// (mountpoint.h). `repository` must outlive the server.
  MountServer(Repository& repository, std::string mountpoint, MountOptions options);
  ~MountServer();
  MountServer(const MountServer&) = delete;
  MountServer& operator=(const MountServer&) = delete;

  /// Mounts and serves until `stop` or stop() asks for the end, or somebody unmounts. Unmounts.
  /// Call it once. Throws Error when mounting fails.
  void run(StopToken stop);

  /// Makes run() return soon: loads in progress are cancelled. From any thread, but not from a
  /// signal handler.
  void stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace snapfs
