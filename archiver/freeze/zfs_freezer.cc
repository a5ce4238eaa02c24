// Datasets of one pool are named to one call of "zfs snapshot", which makes it one moment for all.
#include "archiver/freeze/zfs_freezer.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <exception>
#include <map>

#include <fmt/format.h>

#include "archiver/freeze/frozen_name.h"
#include "archiver/freeze/program_output.h"
#include "fs/base/error.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

void remove_leftovers(const std::string& dataset, FrozenSystems& systems) {
  for (const std::string& name : lines_of(program_output(
           {"zfs", "list", "-H", "-t", "snapshot", "-o", "name", "-d", "1", dataset}))) {
    const std::size_t at = name.find('@');
    if (at == std::string::npos || !is_left_behind(std::string_view(name).substr(at + 1))) continue;
    try {
      program_output({"zfs", "destroy", name});
      systems.leftovers.push_back(name);
    } catch (const Error& error) {
      systems.stuck.push_back(fmt::format("cannot remove the snapshot {}: {}", name, error.what()));
    }
  }
}

}  // namespace

FrozenSystems ZfsFreezer::freeze(const std::vector<FreezeWish>& wishes,
                                 const IsEntered& /*is_entered*/, const StopToken& stop) {
  if (mounts_.empty()) mounts_ = read_mount_table();
  FrozenSystems systems;
  std::map<std::string, const FreezeWish*> datasets;
  for (const FreezeWish& wish : wishes) datasets.emplace(wish.mount.source, &wish);
  const std::string name = frozen_name(0);
  std::map<std::string, std::vector<std::string>> by_pool;
  for (const auto& [dataset, wish] : datasets) {
    remove_leftovers(dataset, systems);
    by_pool[dataset.substr(0, dataset.find('/'))].push_back(fmt::format("{}@{}", dataset, name));
  }
  for (const auto& [pool, snapshots] : by_pool) {
    throw_if_stopped(stop);
    std::vector<std::string> command{"zfs", "snapshot"};
    command.insert(command.end(), snapshots.begin(), snapshots.end());
    program_output(command);
    made_.insert(made_.end(), snapshots.begin(), snapshots.end());
  }
  for (const auto& [dataset, wish] : datasets) {
    // A bind mount of a directory has no .zfs.
    const auto whole = std::ranges::find_if(mounts_, [&source = dataset](const MountEntry& mount) {
      return mount.type == "zfs" && mount.source == source && mount.root == "/";
    });
    if (whole == mounts_.end()) {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("the dataset {}, in which {} is, is not mounted as a whole: mount it, "
                      "or say --source-snapshot none",
                      dataset, wish->path),
          wish->path);
    }
    systems.roots.push_back({.device = makedev(whole->device_major, whole->device_minor),
                             .root = "/",
                             .directory = open_file(join_path(whole->path, ".zfs/snapshot/" + name),
                                                    O_RDONLY | O_DIRECTORY)});
    systems.taken.push_back(whole->path);
  }
  return systems;
}

std::vector<std::string> ZfsFreezer::remove() noexcept {
  std::vector<std::string> problems;
  for (const std::string& name : made_) {
    try {
      program_output({"zfs", "destroy", name});
    } catch (const std::exception& error) {
      problems.push_back(fmt::format("cannot remove the snapshot {}: {}", name, error.what()));
    }
  }
  made_.clear();
  return problems;
}

}  // namespace snapfs
