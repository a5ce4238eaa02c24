// A lock on this machine: of one profile there is one run at a time.
#pragma once

#include <string>

#include "fs/base/file.h"

namespace snapfs {

/// Holds the lock while it lives; the kernel lets go of it when the process ends, however it does.
class RunLock {
 public:
  /// `path` is the profile's, as its run knows it: links do not make another profile. The lock is a
  /// file below $XDG_STATE_HOME/snapfs, or /var/lib/snapfs for root and ~/.local/state/snapfs for
  /// others. Throws Error{kLocked} at once when another process has it, and what making the file
  /// throws.
  explicit RunLock(const std::string& path);

  /// Where the lock of that profile is.
  static std::string file_for(const std::string& path);

 private:
  UniqueFd fd_;
};

}  // namespace snapfs
