// What is to be restored, and how what is there already is treated. Values only.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace snapfs {

/// When what exists is replaced, be it by a directory. Directories that exist always get the
/// snapshot's metadata.
enum class Overwrite {
  kAlways,     ///< content is compared by its digests, and what differs is written
  kIfChanged,  ///< the same, but equal size and modification time count as equal content
  kIfNewer,    ///< only when the snapshot's modification time is later
  kNever,
};

/// What a filter says about an item of the snapshot.
struct Selected {
  bool item = true;   ///< it is restored
  bool below = true;  ///< directories: something below it may be
};

struct RestoreOptions {
  Overwrite overwrite = Overwrite::kAlways;
  bool dry_run = false;            ///< nothing is changed, though everything is counted
  bool remove_unexpected = false;  ///< what is not in the snapshot is deleted from the target
  bool sparse = false;             ///< runs of zeros become holes
  bool verify = false;             ///< what was written is read again
  bool ownership_by_name = false;  ///< users and groups by name where this system knows them

  /// Asked with an item's path below the tree that is restored, "/etc/fstab"; for what is about to
  /// be deleted the second argument is false. Empty: everything. Called by several threads at once.
  std::function<Selected(const std::string& path, bool is_directory)> select;

  /// Whether all that was in the directory at this path, below the tree that is restored, can be in
  /// the snapshot; then so can all that is below it. Elsewhere nothing is deleted. Empty: it is so
  /// everywhere.
  std::function<bool(const std::string& path)> is_whole;

  /// Which extended attributes are set and removed. Empty: all. Called by several threads at once.
  std::function<bool(const std::string& name)> select_attribute;

  /// How much of the plan is held in memory before it is carried out, in bytes. A single directory
  /// may exceed it.
  std::size_t plan_bytes = std::size_t{48} << 20;
};

}  // namespace snapfs
