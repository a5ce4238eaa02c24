// Which file systems have to be frozen for a snapshot of some paths.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "archiver/freeze/freezer.h"

namespace snapfs {

struct FreezePlan {
  std::vector<FreezeWish> wishes;       ///< targets first
  std::vector<std::string> left_as_is;  ///< what lies below a target on something of another kind
};

/// A target, and its resolved path; that of its directory, if it is none.
struct LocatedTarget {
  std::string path;
  std::string resolved;
  MountEntry mount;
  bool is_directory = false;
};

/// Where the targets are; those that are not there are left out.
std::vector<LocatedTarget> locate_targets(std::span<const std::string> targets,
                                          const std::vector<MountEntry>& mounts);

/// Throws Error when a target is on a file system that `kind`, which is not kNone, cannot freeze.
FreezePlan plan_freeze(FreezeKind kind, const std::vector<LocatedTarget>& targets,
                       const std::vector<MountEntry>& mounts, const IsEntered& is_entered);

}  // namespace snapfs
