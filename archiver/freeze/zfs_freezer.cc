// Datasets of one pool are named to one call of "zfs snapshot", which makes it one moment for all.
#include "archiver/freeze/zfs_freezer.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <utility>

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
  std::map<std::string, bool> known;  // whether the dataset can be frozen
  std::map<std::string, std::vector<Wanted>> by_pool;
  for (const FreezeWish& wish : wishes) {
    throw_if_stopped(stop);
    const auto [dataset, is_new] = known.try_emplace(wish.mount.source, false);
    if (!is_new) {
      if (!dataset->second) systems.left_as_is.push_back(wish.mount.path);
      continue;
    }
    dataset->second = try_to_meet(wish, systems, [&] {
      Wanted wanted = look_up(wish);
      remove_leftovers(wanted.dataset, systems);
      by_pool[wanted.dataset.substr(0, wanted.dataset.find('/'))].push_back(std::move(wanted));
    });
  }
  const std::string name = frozen_name(0);
  for (auto& [pool, wanted] : by_pool) {
    throw_if_stopped(stop);
    snapshot_what_can_be(name, wanted, systems);
    for (const Wanted& one : wanted) {
      try_to_meet(*one.wish, systems, [&] {
        systems.roots.push_back(
            {.device = makedev(one.whole.device_major, one.whole.device_minor),
             .root = "/",
             .directory = open_file(join_path(one.whole.path, ".zfs/snapshot/" + name),
                                    O_RDONLY | O_DIRECTORY)});
        systems.taken.push_back(one.whole.path);
      });
    }
  }
  return systems;
}

ZfsFreezer::Wanted ZfsFreezer::look_up(const FreezeWish& wish) const {
  const std::string& dataset = wish.mount.source;
  // A bind mount of a directory has no .zfs.
  const auto whole = std::ranges::find_if(mounts_, [&](const MountEntry& mount) {
    return mount.type == "zfs" && mount.source == dataset && mount.root == "/";
  });
  if (whole != mounts_.end()) return {&wish, dataset, *whole};
  throw Error(ErrorCode::kUnsupported,
              fmt::format("the dataset {}, in which {} is, is not mounted as a whole: mount it, or "
                          "say --source-snapshot none",
                          dataset, wish.path),
              wish.path);
}

/// Of all datasets of a pool, or of those that are required: these are left in `wanted`.
void ZfsFreezer::snapshot_what_can_be(const std::string& name, std::vector<Wanted>& wanted,
                                      FrozenSystems& systems) {
  const auto is_required = [](const Wanted& one) { return one.wish->required; };
  try {
    return snapshot(name, wanted);
  } catch (const Error& error) {
    if (std::ranges::all_of(wanted, is_required)) throw;
    for (const Wanted& one : wanted) {
      if (!is_required(one)) leave_as_is(*one.wish, one.wish->mount.path, error, systems);
    }
  }
  std::erase_if(wanted, std::not_fn(is_required));
  if (!wanted.empty()) snapshot(name, wanted);
}

void ZfsFreezer::snapshot(const std::string& name, const std::vector<Wanted>& wanted) {
  std::vector<std::string> snapshots;
  snapshots.reserve(wanted.size());
  for (const Wanted& one : wanted) snapshots.push_back(fmt::format("{}@{}", one.dataset, name));
  std::vector<std::string> command{"zfs", "snapshot"};
  command.insert(command.end(), snapshots.begin(), snapshots.end());
  program_output(command);
  made_.insert(made_.end(), snapshots.begin(), snapshots.end());
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
