// What tells one file of the target from all others, whatever it is called.
#pragma once

#include <sys/stat.h>

namespace snapfs {

/// A value.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  static FileIdentity of(const struct stat& status) noexcept {
    return {status.st_dev, status.st_ino};
  }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

}  // namespace snapfs
