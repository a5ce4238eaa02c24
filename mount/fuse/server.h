// A repository mounted: what `snapfs mount` runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "fs/base/stop_token.h"
#include "mount/model/file_reader.h"
#include "mount/model/virtual_fs.h"

namespace snapfs {

class Repository;
class StoredFiles;

struct MountOptions {
  /// Let other users in (fuse.conf must allow it, unless root mounts). Without it only the mounting
  /// user gets in, and reads everything, whatever the files' modes say.
  bool allow_other = false;
  /// With allow_other: let the kernel check modes and ACLs. Turning it off shows every user
  /// everything.
  bool default_permissions = true;
  /// Show extended attributes, ACLs among them. Who copies small files asks for little else, and
  /// the kernel keeps no answer. Access is checked by ACLs, so that they cannot be left out where
  /// it is (allow_other with default_permissions).
  bool xattrs = true;
  std::string fsname;    ///< empty: "snapfs:" and 10 digits of the repository's ID
  unsigned threads = 4;  ///< that answer requests, at least: see request_threads()
  ViewOptions view;      ///< warnings go to log_mount(), whatever its `warn` says
  ReaderOptions reader;
  std::size_t tree_cache_bytes = 64 << 20;
  /// How long a request may wait for storage before it fails with ETIMEDOUT; 0: for ever. A server
  /// that is started again is to be outlasted, and the kernel asks twice for what programs read.
  std::chrono::milliseconds request_timeout{std::chrono::minutes(5)};
  bool no_exec = false;  ///< refuse to run programs from the mount
  /// Called once, in a thread of the server, when the mount can be used.
  std::function<void()> on_ready;
};

/// How many threads answer the requests of a mount: one that waits for storage far away answers
/// nobody else, and who reads at many places is not to wait for others. At least one.
unsigned request_threads(const MountOptions& options, const StoredFiles& files);

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

  /// What the mount has done and is doing, in lines for people. Thread-safe; never waits for the
  /// repository.
  std::string status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace snapfs
