#include "mount/model/attributes.h"

#include <sys/stat.h>

#include <algorithm>
#include <limits>

namespace snapfs {

namespace {

std::uint64_t blocks_of(std::uint64_t size_bytes) noexcept {
  return size_bytes / 512 + (size_bytes % 512 != 0 ? 1 : 0);
}

std::uint32_t link_count(const NodeView& node) noexcept {
  if (node.type == NodeType::kDirectory) return 1;
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(node.links, 1, kMax));
}

std::uint64_t size_of(const NodeView& node) noexcept {
  switch (node.type) {
    case NodeType::kFile:
      return node.size;
    case NodeType::kSymlink:
      return node.link_target.size();
    default:
      return 0;
  }
}

Attributes made_up(InodeNumber inode, std::uint32_t mode, const Timestamp& time, std::uint32_t uid,
                   std::uint32_t gid) noexcept {
  Attributes result;
  result.inode = inode;
  result.mode = mode;
  result.uid = uid;
  result.gid = gid;
  result.atime = result.mtime = result.ctime = time;
  return result;
}

}  // namespace

Attributes attributes_of(const NodeView& node, std::uint64_t hole_bytes,
                         const Ownership& ownership) {
  Attributes result;
  result.mode = file_type_bits(node.type) | (node.permissions & 07777);
  result.links = link_count(node);
  result.uid = ownership.owner_root ? 0 : node.uid;
  result.gid = ownership.owner_root ? 0 : node.gid;
  if (node.type == NodeType::kBlockDevice || node.type == NodeType::kCharDevice) {
    result.device = node.device;
  }
  result.size = size_of(node);
  result.blocks = node.type == NodeType::kFile ? blocks_of(node.size - hole_bytes) : 0;
  result.atime = node.atime;
  result.mtime = node.mtime;
  result.ctime = node.ctime;
  return result;
}

Attributes virtual_directory_attributes(InodeNumber inode, const Timestamp& time, std::uint32_t uid,
                                        std::uint32_t gid) noexcept {
  return made_up(inode, S_IFDIR | 0755, time, uid, gid);
}

Attributes virtual_link_attributes(InodeNumber inode, const Timestamp& time,
                                   std::uint64_t target_size, std::uint32_t uid,
                                   std::uint32_t gid) noexcept {
  Attributes result = made_up(inode, S_IFLNK | 0777, time, uid, gid);
  result.size = target_size;
  return result;
}

}  // namespace snapfs
