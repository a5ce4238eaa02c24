// What stat(2) shows.
#pragma once

#include <cstdint>

#include "fs/time/timestamp.h"
#include "mount/model/inode_number.h"
#include "mount/model/node_table.h"

namespace snapfs {

/// A value; the fields are those of struct stat.
struct Attributes {
  InodeNumber inode = 0;
  std::uint32_t mode = 0;
  std::uint32_t links = 1;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t device = 0;  ///< st_rdev
  std::uint64_t size = 0;    ///< bytes
  std::uint64_t blocks = 0;  ///< of 512 bytes
  Timestamp atime;
  Timestamp mtime;
  Timestamp ctime;

  friend bool operator==(const Attributes&, const Attributes&) = default;
};

/// st_blksize of everything: glibc then asks for directories, and cp for files, 1 MiB at a time.
inline constexpr std::uint32_t kBlockSize = 1 << 20;

struct Ownership {
  bool owner_root = false;  ///< show everything as owned by root
};

/// A node's own, but for the inode number. A directory's link count is always 1, which tells
/// find(1) not to guess the number of its subdirectories: that number is only known once the
/// subtree was read, and must not change by reading it. `hole_bytes` of a file's content take no
/// blocks, so that programs look for holes.
Attributes attributes_of(const NodeView& node, std::uint64_t hole_bytes,
                         const Ownership& ownership);

/// Of a directory that is in no snapshot, or of a snapshot's root, of which nothing is stored: mode
/// 0755, three times `time`. Programs that copy give these to the directory they copy into, so they
/// are what an ordinary directory has.
Attributes virtual_directory_attributes(InodeNumber inode, const Timestamp& time, std::uint32_t uid,
                                        std::uint32_t gid) noexcept;

/// Of a symbolic link that is in no snapshot.
Attributes virtual_link_attributes(InodeNumber inode, const Timestamp& time,
                                   std::uint64_t target_size, std::uint32_t uid,
                                   std::uint32_t gid) noexcept;

}  // namespace snapfs
