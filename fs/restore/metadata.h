// What an item is given besides its content: owner, attributes, times, permissions, in the order in
// which they do not undo each other (FORMAT §17).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fs/restore/target_fs.h"
#include "fs/time/timestamp.h"
#include "fs/tree/node.h"

namespace snapfs {

class OwnerIds;

/// A value.
struct TargetMetadata {
  NodeType type = NodeType::kDirectory;
  std::uint32_t permissions = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  Timestamp mtime;
  Timestamp atime;
  std::vector<ExtendedAttribute> attributes;
};

/// The attributes are moved out of the node. Names that `owners` knows come before numbers; null:
/// numbers.
TargetMetadata take_metadata(Node& node, OwnerIds* owners);

/// Sets metadata. What only root may do is quietly left when this is not root. Thread-safe.
class MetadataSetter {
 public:
  /// Which attributes are set and removed; empty: all.
  using AttributeFilter = std::function<bool(const std::string& name)>;

  MetadataSetter(TargetFs& target, AttributeFilter select_attribute);

  /// A file or directory that is open. `now` is what it has, so that what is right is left alone;
  /// null: it was just made, by this process, and all but its owner is set. `may_have_attributes`:
  /// whether it can have others than those to be set, which are removed then. Everything is tried,
  /// then the first error thrown.
  void apply(int fd, const TargetMetadata& metadata, const struct stat* now,
             bool may_have_attributes);

  /// Anything else, by its name.
  void apply(int directory, const std::string& name, const TargetMetadata& metadata,
             bool may_have_attributes);

  /// Whether the file has attributes that this may remove.
  bool has_attributes(int fd) const;

 private:
  class Steps;

  TargetFs& target_;
  const AttributeFilter select_;
  const bool is_root_;
};

}  // namespace snapfs
