// The kernel's handles of what is in the mount. One space, two regions: names that we make up
// (directories of snapshots, the snapshots' roots, `latest`) come first, everything inside
// snapshots after them. What stat(2) shows as st_ino is another number (inode_number.h).
#pragma once

#include <cstdint>
#include <string>

#include "fs/base/error.h"

namespace snapfs {

/// A FUSE nodeid. Given out in the order in which things are met; never for two things.
using Ino = std::uint64_t;

inline constexpr Ino kRootIno = 1;

/// Inodes below this are virtual.
inline constexpr Ino kFirstTreeIno = Ino{1} << 32;

inline constexpr bool is_virtual(Ino ino) noexcept { return ino < kFirstTreeIno; }

/// An inode that this mount never gave out, or let go of: a file handle of an earlier mount, or of
/// a snapshot that is gone (ESTALE).
class StaleInode : public Error {
 public:
  explicit StaleInode(Ino ino)
      : Error(ErrorCode::kNotFound,
              "inode " + std::to_string(ino) + " is not of this mount: open the path again") {}
};

}  // namespace snapfs
