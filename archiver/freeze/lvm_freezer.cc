// The device mapper has the file system write down all it has before the snapshot is taken, so the
// mount finds nothing to recover.
#include "archiver/freeze/lvm_freezer.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "archiver/freeze/detached_mount.h"
#include "archiver/freeze/frozen_name.h"
#include "archiver/freeze/program_output.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::string_view kDefaultSize = "10%ORIGIN";

void remove_leftovers(const std::string& group, FrozenSystems& systems) {
  for (const std::string& name :
       lines_of(program_output({"lvs", "--noheadings", "-o", "lv_name", group}))) {
    if (!is_left_behind(name)) continue;
    const std::string full_name = fmt::format("{}/{}", group, name);
    try {
      program_output({"lvremove", "--yes", full_name});
      systems.leftovers.push_back(full_name);
    } catch (const Error& error) {
      systems.stuck.push_back(
          fmt::format("cannot remove the logical volume {}: {}", full_name, error.what()));
    }
  }
}

std::vector<std::pair<std::string, std::string>> options_for(const std::string& type) {
  std::vector<std::pair<std::string, std::string>> options{{"ro", ""}};
  // It refuses to have two file systems of one identity, which origin and snapshot are.
  if (type == "xfs") options.emplace_back("nouuid", "");
  return options;
}

}  // namespace

FrozenSystems LvmFreezer::freeze(const std::vector<FreezeWish>& wishes,
                                 const IsEntered& /*is_entered*/, const StopToken& stop) {
  if (!may_mount()) {
    throw Error(ErrorCode::kPermission,
                "--source-snapshot lvm needs root: run it as root, or with --source-snapshot none");
  }
  FrozenSystems systems;
  std::map<dev_t, bool> done;  // whether it is frozen
  std::set<std::string> groups;
  for (const FreezeWish& wish : wishes) {
    throw_if_stopped(stop);
    const dev_t device = makedev(wish.mount.device_major, wish.mount.device_minor);
    const auto [known, is_new] = done.try_emplace(device, false);
    if (!is_new) {
      if (!known->second) systems.left_as_is.push_back(wish.mount.path);
      continue;
    }
    Volume volume;
    try {
      volume = volume_of(wish);
    } catch (const Error&) {
      if (wish.required) throw;
      systems.left_as_is.push_back(wish.mount.path);  // as is to be expected of a partition
      continue;
    }
    known->second = try_to_meet(wish, systems, [&] {
      if (groups.insert(volume.group).second) remove_leftovers(volume.group, systems);
      const std::string path = snapshot(volume);
      systems.roots.push_back(
          {.device = device,
           .root = "/",
           .directory = mount_detached(wish.mount.type, path, options_for(wish.mount.type))});
      systems.taken.push_back(wish.mount.path);
    });
  }
  return systems;
}

LvmFreezer::Volume LvmFreezer::volume_of(const FreezeWish& wish) {
  std::vector<std::string> lines;
  try {
    lines = lines_of(program_output({"lvs", "--noheadings", "--separator", ",", "-o",
                                     "vg_name,lv_name,pool_lv", wish.mount.source}));
  } catch (const Error& error) {
    throw Error(error.code(),
                fmt::format("{} is on {}, which lvs does not know as a logical volume ({}): say "
                            "--source-snapshot none",
                            wish.path, wish.mount.source, error.what()),
                wish.path);
  }
  const std::vector<std::string> fields =
      lines.empty() ? std::vector<std::string>() : fields_of(lines.front(), ',');
  if (fields.size() < 3 || fields[0].empty() || fields[1].empty()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is on {}, of which lvs says nothing: say --source-snapshot none",
                            wish.path, wish.mount.source),
                wish.path);
  }
  return {fields[0], fields[1], !fields[2].empty()};
}

/// Returns the path of its device.
std::string LvmFreezer::snapshot(const Volume& volume) {
  const std::string name = frozen_name(made_.size());
  std::vector<std::string> command{"lvcreate", "--yes", "--snapshot", "--name", name};
  if (volume.is_thin) {
    // Snapshots of thin volumes are not active unless that is asked for.
    command.insert(command.end(), {"--setactivationskip", "n"});
  } else {
    const std::string size = size_.empty() ? std::string(kDefaultSize) : size_;
    command.insert(command.end(),
                   {size.find('%') != std::string::npos ? "--extents" : "--size", size});
  }
  const std::string full_name = volume.group + "/" + name;
  command.push_back(volume.group + "/" + volume.name);
  program_output(command);
  made_.push_back(full_name);
  const auto paths = lines_of(program_output({"lvs", "--noheadings", "-o", "lv_path", full_name}));
  if (paths.empty()) throw Error(ErrorCode::kIo, "lvs has no path for " + full_name, full_name);
  return paths.front();
}

std::vector<std::string> LvmFreezer::remove() noexcept {
  std::vector<std::string> problems;
  for (const std::string& name : made_) {
    try {
      program_output({"lvremove", "--yes", name});
    } catch (const std::exception& error) {
      problems.push_back(
          fmt::format("cannot remove the logical volume {}: {}", name, error.what()));
    }
  }
  made_.clear();
  return problems;
}

}  // namespace snapfs
