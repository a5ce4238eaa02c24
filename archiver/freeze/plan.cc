#include "archiver/freeze/plan.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

/// What freezes a file system of that type; kNone where only the volume below it may.
FreezeKind own_kind(const std::string& type) {
  if (type == "btrfs") return FreezeKind::kBtrfs;
  if (type == "zfs") return FreezeKind::kZfs;
  return FreezeKind::kNone;
}

bool is_on_device(const MountEntry& mount) { return mount.source.starts_with("/dev/"); }

bool can_freeze(FreezeKind kind, const MountEntry& mount) {
  if (kind == FreezeKind::kLvm) {
    return own_kind(mount.type) == FreezeKind::kNone && is_on_device(mount);
  }
  return own_kind(mount.type) == kind;
}

std::string advice(const MountEntry& mount) {
  switch (own_kind(mount.type)) {
    case FreezeKind::kBtrfs:
      return "say --source-snapshot btrfs";
    case FreezeKind::kZfs:
      return "say --source-snapshot zfs";
    default:
      break;
  }
  if (!is_on_device(mount)) return "take its snapshot by itself, with --source-snapshot none";
  return "say --source-snapshot lvm if that is a logical volume, otherwise none";
}

std::string_view name_of(FreezeKind kind) {
  switch (kind) {
    case FreezeKind::kBtrfs:
      return "Btrfs";
    case FreezeKind::kZfs:
      return "ZFS";
    default:
      return "a logical volume";
  }
}

/// Made up or in memory: nobody expects a moment of it.
bool holds_files(const MountEntry& mount) {
  return mount.source.find_first_of("/:") != std::string::npos;
}

UniqueFd open_itself(const std::string& path) noexcept {
  return UniqueFd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

/// Whether it is this mount that the path leads to, not one on top of it, and a directory.
bool is_seen(const MountEntry& mount, const std::vector<MountEntry>& mounts) {
  const UniqueFd fd = open_itself(mount.path);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISDIR(status.st_mode)) return false;
  const auto found = mount_of_descriptor(mounts, fd.get());
  return found && found->id == mount.id;
}

}  // namespace

std::vector<LocatedTarget> locate_targets(std::span<const std::string> targets,
                                          const std::vector<MountEntry>& mounts) {
  std::vector<LocatedTarget> located;
  for (const std::string& target : targets) {
    UniqueFd fd = open_itself(target);
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) continue;
    const bool is_directory = S_ISDIR(status.st_mode);
    // What is no directory is found in one, which need not be on the same mount.
    if (!is_directory) fd = UniqueFd(::open(parent_directory(target).c_str(), O_PATH | O_CLOEXEC));
    if (!fd) continue;
    auto mount = mount_of_descriptor(mounts, fd.get());
    if (!mount) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("cannot tell which file system {} is on: its mount is not in "
                              "/proc/self/mountinfo; say --source-snapshot none",
                              target),
                  target);
    }
    located.push_back({target, path_of_descriptor(fd.get()), *std::move(mount), is_directory});
  }
  return located;
}

FreezePlan plan_freeze(FreezeKind kind, const std::vector<LocatedTarget>& targets,
                       const std::vector<MountEntry>& mounts, const IsEntered& is_entered) {
  FreezePlan plan;
  for (const LocatedTarget& target : targets) {
    if (!can_freeze(kind, target.mount)) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} is on {} ({}), not on {}: {}", target.path, target.mount.type,
                              target.mount.source, name_of(kind), advice(target.mount)),
                  target.path);
    }
    plan.wishes.push_back({target.mount, target.resolved, true});
  }
  for (const MountEntry& mount : mounts) {
    const bool is_below = std::ranges::any_of(targets, [&](const LocatedTarget& target) {
      return target.is_directory && mount.path != target.resolved &&
             is_at_or_below(mount.path, target.resolved);
    });
    if (!is_below || !is_entered(mount.path)) continue;
    if (!can_freeze(kind, mount)) {
      if (holds_files(mount)) plan.left_as_is.push_back(mount.path);
    } else if (is_seen(mount, mounts)) {
      plan.wishes.push_back({mount, mount.path, false});
    }
  }
  return plan;
}

}  // namespace snapfs
