// From the paths a user names to the shape of a snapshot's tree (FORMAT §13.1): which directories
// lie above the targets, what they are called in the snapshot, and where on disk each thing is.
// Nothing below a target is looked at here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archiver/source/source_fs.h"

namespace snapfs {

/// One place of the snapshot's tree at or above a target.
struct TargetNode {
  std::string name;          ///< in the snapshot
  std::string on_disk_name;  ///< in the directory above; differs from `name` only at the top
  std::string path;          ///< on disk, for messages and excludes

  /// A leaf is saved with all that is below it. Anything else is a directory of which only
  /// `children` are saved; its metadata is that of what the path leads to (SourceDir::enter).
  bool leaf = false;

  /// Named by the user: excludes do not apply to it, though they do to what is below.
  bool is_explicit = false;

  /// Where the nearest target at or above this place lies (st_dev): what --one-file-system keeps
  /// to. 0 above all targets.
  std::uint64_t device = 0;

  std::vector<TargetNode> children;  ///< in byte order of their names; none if a leaf
};

/// A top-level entry, and the directory that it is found in: "/", ".", "..", "../..", …
struct TargetRoot {
  std::string base;
  TargetNode node;
};

struct TargetTree {
  std::vector<TargetRoot> roots;      ///< in byte order of their nodes' names
  std::vector<std::string> paths;     ///< for the snapshot (FORMAT §11): absolute, as given
  std::vector<SourceError> failures;  ///< targets left out, directories that were not listed
};

/// Lays out `targets`, which may be relative. `working_directory` is the absolute name of what
/// they are relative to, and is used for `paths` only. Of `source`, the existence of targets is
/// asked, and the names in those directories that must be replaced by their entries.
///
/// Targets that cannot be stat'ed are left out and reported in `failures`; with none left, `roots`
/// and `paths` are empty. A directory that cannot be listed is reported too: what was named below
/// it is kept.
///
/// Two top-level entries of one name from different directories do not mix: the later one is
/// renamed name-1, name-2, ….
TargetTree resolve_targets(std::span<const std::string> targets, std::string_view working_directory,
                           const SourceFs& source);

}  // namespace snapfs
