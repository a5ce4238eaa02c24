// One entry of a directory in a snapshot (FORMAT §10.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/time/timestamp.h"

namespace snapfs {

enum class NodeType : std::uint8_t {
  kFile,
  kDirectory,
  kSymlink,
  kBlockDevice,
  kCharDevice,
  kFifo,
  kSocket,     ///< read, never written
  kIrregular,  ///< a type that this program does not know
};

struct ExtendedAttribute {
  std::string name;
  Bytes value;

  friend bool operator==(const ExtendedAttribute&, const ExtendedAttribute&) = default;
};

/// A value. Numbers are as stat(2) gives them; the format's own mode numbers (FORMAT §10.3) appear
/// only in JSON.
struct Node {
  std::string name;  ///< raw bytes, not quoted
  NodeType type = NodeType::kFile;
  std::uint32_t permissions = 0;  ///< st_mode & 07777
  Timestamp mtime;
  Timestamp atime;
  Timestamp ctime;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string user;
  std::string group;
  std::uint64_t inode = 0;
  std::uint64_t device_id = 0;                         ///< st_dev
  std::uint64_t size = 0;                              ///< content bytes, files only
  std::uint64_t links = 0;                             ///< st_nlink; 0 for directories and fifos
  std::string link_target;                             ///< raw bytes
  std::vector<ExtendedAttribute> extended_attributes;  ///< in the kernel's order
  std::uint64_t device = 0;                            ///< st_rdev, device nodes only
  std::vector<Id> content;                             ///< data blobs, files only
  std::optional<Id> subtree;                           ///< directories only

  friend bool operator==(const Node&, const Node&) = default;
};

/// The S_IFMT bits of the type; S_IFREG for kIrregular.
std::uint32_t file_type_bits(NodeType type) noexcept;

/// The type that st_mode's S_IFMT bits stand for.
NodeType node_type_of(std::uint32_t st_mode) noexcept;

}  // namespace snapfs
