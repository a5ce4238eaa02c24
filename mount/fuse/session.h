// A mounted FUSE session: from mount to unmount, and the threads that serve it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fs/base/stop_token.h"

namespace snapfs {

struct FuseContext;

/// Mounted while it lives. A resource: neither copied nor moved.
class FuseSession {
 public:
  /// Mounts. `mountpoint` is resolved; `options` are what follows -o, one each, of the kernel and
  /// of libfuse. `context` must outlive the session. Throws Error{kIo} when it is refused.
  FuseSession(FuseContext& context, std::string mountpoint,
              const std::vector<std::string>& options);

  /// Unmounts. When something still uses the mount, it is detached, and what is open there fails.
  ~FuseSession();
  FuseSession(const FuseSession&) = delete;
  FuseSession& operator=(const FuseSession&) = delete;

  /// Answers requests in `threads` threads of its own, with signals blocked, until the mount is
  /// unmounted or a stop is requested. More threads are added while all of them wait for storage
  /// that does not answer, and fewer have to do when the system gives no more. Requests a stop when
  /// the mount is unmounted: nobody waits for what is under way. No request is in progress when it
  /// returns. Throws Error{kIo} when the kernel's requests cannot be read or no thread can be
  /// started.
  void serve(unsigned threads, StopSource& stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace snapfs
