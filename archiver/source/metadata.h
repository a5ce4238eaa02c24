// What a source says about one of its items. These are the system's own numbers; how a snapshot
// writes them down is not known here.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "archiver/source/source_error.h"
#include "fs/base/bytes.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// One extended attribute; POSIX ACLs are among them (FORMAT §10.6).
struct SourceAttribute {
  std::string name;
  Bytes value;

  friend bool operator==(const SourceAttribute&, const SourceAttribute&) = default;
};

/// The extended attributes of an item, and what kept some of them from being read. Attributes are
/// worth a warning when they fail, never the item.
struct SourceAttributes {
  std::vector<SourceAttribute> items;  ///< in the order the kernel lists them
  std::vector<SourceError> failures;
};

/// The fields of stat(2). A value.
struct SourceMetadata {
  std::uint32_t mode = 0;  ///< st_mode: type and permissions
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;
  std::uint64_t links = 0;      ///< st_nlink
  std::uint64_t inode = 0;      ///< st_ino
  std::uint64_t device_id = 0;  ///< st_dev: where the item lives
  std::uint64_t device = 0;     ///< st_rdev: which device a device node is
  Timestamp mtime;
  Timestamp atime;
  Timestamp ctime;
  bool synthetic = false;  ///< made up, of no file system: the names of its owners mean nothing

  static SourceMetadata from(const struct stat& status) noexcept;

  bool is_file() const noexcept { return S_ISREG(mode); }
  bool is_directory() const noexcept { return S_ISDIR(mode); }
  bool is_symlink() const noexcept { return S_ISLNK(mode); }

  friend bool operator==(const SourceMetadata&, const SourceMetadata&) = default;
};

}  // namespace snapfs
