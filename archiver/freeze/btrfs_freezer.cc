// A subvolume is frozen before those inside it are looked for: one that is made in between is in
// neither the listing of the snapshot nor anywhere else, so nothing that the snapshot shows as an
// empty directory can have escaped, but what was moved or removed in that moment.
#include "archiver/freeze/btrfs_freezer.h"

#include <sys/stat.h>

#include <cerrno>
#include <exception>

#include "archiver/freeze/detached_mount.h"
#include "archiver/freeze/frozen_name.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Other programs should not take them for something of theirs.
std::string hidden(std::string_view name) { return "." + std::string(name); }

void remove_leftovers(const BtrfsVolume& volume, FrozenSystems& systems) {
  for (const std::string& name : volume.names_with(hidden(kFrozenPrefix))) {
    if (!is_left_behind(name.substr(1))) continue;
    try {
      // Nobody else's: ours are read-only subvolumes.
      if (!BtrfsVolume::is_read_only(volume.open_subvolume("/" + name).get())) continue;
      volume.remove(name);
      systems.leftovers.push_back(name);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kNotFound) continue;  // another run was faster
      systems.stuck.emplace_back(error.what());
    }
  }
}

std::uint64_t device_of(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno(errno, "stat", path);
  return status.st_dev;
}

}  // namespace

FrozenSystems BtrfsFreezer::freeze(const std::vector<FreezeWish>& wishes,
                                   const IsEntered& is_entered, const StopToken& stop) {
  if (!may_mount()) {
    throw Error(ErrorCode::kPermission,
                "--source-snapshot btrfs needs root, or CAP_SYS_ADMIN: run it as root, or with "
                "--source-snapshot none");
  }
  FrozenSystems systems;
  for (const FreezeWish& wish : wishes) {
    try_to_meet(wish, systems, [&] { freeze_wish(wish, is_entered, systems, stop); });
  }
  return systems;
}

void BtrfsFreezer::freeze_wish(const FreezeWish& wish, const IsEntered& is_entered,
                               FrozenSystems& systems, const StopToken& stop) {
  const BtrfsVolume& volume = volume_of(wish.mount, systems);
  const auto inside = path_in_file_system(wish.mount, wish.path);
  if (!inside) throw Error(ErrorCode::kInternal, wish.path + " is not in its mount");
  const std::string target = volume.subvolume_of(*inside);
  std::vector<std::string> waiting{target};
  while (!waiting.empty()) {
    throw_if_stopped(stop);
    const std::string subvolume = std::move(waiting.back());
    waiting.pop_back();
    if (!looked_at_.emplace(wish.mount.id, subvolume).second) continue;
    std::vector<std::string> nested;
    try {
      freeze_subvolume(volume, wish.mount, subvolume, systems);
      const UniqueFd live = volume.open_subvolume(subvolume);
      nested = BtrfsVolume::subvolumes_in(live.get(), subvolume);
    } catch (const Error& error) {
      // It was removed since it was found in another one: whoever comes to that place says so.
      if (subvolume != target && error.code() == ErrorCode::kNotFound) continue;
      leave_as_is(wish, path_in_mount(wish.mount, subvolume).value_or(wish.mount.path), error,
                  systems);
    }
    for (std::string& below : nested) {
      if (below.starts_with("/" + hidden(kFrozenPrefix))) continue;
      const auto path = path_in_mount(wish.mount, below);
      if (!path) continue;
      systems.borders.push_back(*path);
      if (is_entered(*path)) waiting.push_back(std::move(below));
    }
  }
}

const BtrfsVolume& BtrfsFreezer::volume_of(const MountEntry& mount, FrozenSystems& systems) {
  const Device device(mount.device_major, mount.device_minor);
  const auto [found, is_new] = volumes_.try_emplace(device, mount.source);
  if (is_new) remove_leftovers(found->second, systems);
  return found->second;
}

void BtrfsFreezer::freeze_subvolume(const BtrfsVolume& volume, const MountEntry& mount,
                                    const std::string& subvolume, FrozenSystems& systems) {
  const std::pair<Device, std::string> itself({mount.device_major, mount.device_minor}, subvolume);
  if (frozen_.contains(itself)) return;
  const UniqueFd live = volume.open_subvolume(subvolume);
  if (BtrfsVolume::is_read_only(live.get())) return;
  std::string name = hidden(frozen_name(made_.size()));
  volume.snapshot(live.get(), name);
  made_.emplace_back(&volume, name);
  systems.roots.push_back({.device = device_of(live.get(), subvolume),
                           .root = subvolume,
                           .directory = volume.open_subvolume("/" + name),
                           .has_subvolumes = true,
                           .hidden_prefix = subvolume == "/" ? hidden(kFrozenPrefix) : ""});
  systems.taken.push_back(path_in_mount(mount, subvolume).value_or(mount.path));
  frozen_.insert(itself);
}

std::vector<std::string> BtrfsFreezer::remove() noexcept {
  std::vector<std::string> problems;
  for (const auto& [volume, name] : made_) {
    try {
      volume->remove(name);
    } catch (const std::exception& error) {
      problems.emplace_back(error.what());
    }
  }
  made_.clear();
  return problems;
}

}  // namespace snapfs
