#include "archiver/source/metadata.h"

namespace snapfs {

SourceMetadata SourceMetadata::from(const struct stat& status) noexcept {
  return {.mode = status.st_mode,
          .uid = status.st_uid,
          .gid = status.st_gid,
          .size = static_cast<std::uint64_t>(status.st_size),
          .links = status.st_nlink,
          .inode = status.st_ino,
          .device_id = status.st_dev,
          .device = status.st_rdev,
          .mtime = Timestamp::from(status.st_mtim),
          .atime = Timestamp::from(status.st_atim),
          .ctime = Timestamp::from(status.st_ctim),
          .synthetic = false};
}

}  // namespace snapfs
