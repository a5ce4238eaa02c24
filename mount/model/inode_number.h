// The numbers that stat(2) shows as st_ino: worked out from what an entry is, so that they are the
// same in every mount of a repository. The kernel's own handles (Ino) are another matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fs/base/id.h"
#include "mount/model/node_table.h"

namespace snapfs {

/// A value of st_ino. Positive also where it is taken for a signed number.
using InodeNumber = std::uint64_t;

inline constexpr InodeNumber kRootInodeNumber = 1;

/// Of a virtual entry, by whatever tells it from all others.
InodeNumber inode_number(std::string_view identity);

/// Where the numbers of one directory's entries come from. Within a directory they ascend in the
/// order of the names, which is the order in which `cp -a` then opens the files. A value.
///
/// The runs of two directories are 4,096 numbers apart, by chance: among a million directories two
/// share a run with a probability of one in ten thousand.
class DirectoryNumbers {
 public:
  /// Of nothing yet.
  DirectoryNumbers() = default;

  /// Of a snapshot's root, or of another tree that is shown like one.
  DirectoryNumbers(const Id& snapshot, const Id& tree);

  /// Of a directory below, by its name.
  DirectoryNumbers below(std::string_view name) const;

  /// `index` is the entry's position in its directory.
  InodeNumber entry(std::size_t index) const noexcept { return first_ + index; }

 private:
  explicit DirectoryNumbers(const Id& digest) noexcept;

  std::uint64_t key_ = 0;
  InodeNumber first_ = 0;
};

/// What all names of a hard link share: one file of one snapshot. Programs take equal numbers as
/// the promise of equal bytes, so a file that changed between the visits to its names is two, and
/// one of another snapshot is another.
class LinkIdentity {
 public:
  LinkIdentity(const Id& snapshot, const NodeView& node);

  InodeNumber inode() const noexcept { return inode_; }

  /// Whether the node may have other names. Inode 0 is no file's: such nodes were made by a program
  /// that does not know.
  static bool is_hard_link(const NodeView& node) noexcept {
    return node.links > 1 && node.inode != 0 && node.type != NodeType::kDirectory;
  }

 private:
  InodeNumber inode_;
};

}  // namespace snapfs
