#include "fs/tree/node.h"

#include <sys/stat.h>

namespace snapfs {

std::uint32_t file_type_bits(NodeType type) noexcept {
  switch (type) {
    case NodeType::kDirectory:
      return S_IFDIR;
    case NodeType::kSymlink:
      return S_IFLNK;
    case NodeType::kBlockDevice:
      return S_IFBLK;
    case NodeType::kCharDevice:
      return S_IFCHR;
    case NodeType::kFifo:
      return S_IFIFO;
    case NodeType::kSocket:
      return S_IFSOCK;
    case NodeType::kFile:
    case NodeType::kIrregular:
      break;
  }
  return S_IFREG;
}

NodeType node_type_of(std::uint32_t st_mode) noexcept {
  switch (st_mode & S_IFMT) {
    case S_IFREG:
      return NodeType::kFile;
    case S_IFDIR:
      return NodeType::kDirectory;
    case S_IFLNK:
      return NodeType::kSymlink;
    case S_IFBLK:
      return NodeType::kBlockDevice;
    case S_IFCHR:
      return NodeType::kCharDevice;
    case S_IFIFO:
      return NodeType::kFifo;
    case S_IFSOCK:
      return NodeType::kSocket;
    default:
      return NodeType::kIrregular;
  }
}

}  // namespace snapfs
