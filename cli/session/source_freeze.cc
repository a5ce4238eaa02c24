#include "cli/session/source_freeze.h"

#include <algorithm>
#include <utility>

#include "archiver/freeze/plan.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

/// Whether the walk of a target comes to the resolved path below it.
bool comes_to(const LocatedTarget& target, const std::string& path, const FreezeScope& scope) {
  UnobservedSelection unobserved;
  try {
    std::unique_ptr<SourceDir> directory = scope.live.enter(target.path);
    const std::uint64_t device = directory->metadata().device_id;
    for (const std::string& name : split_path(path_below(path, target.resolved))) {
      std::vector<std::string> names = directory->list();
      scope.selection.keep_selected(*directory, names, unobserved);
      if (!std::ranges::binary_search(names, name)) return false;
      const SourceMetadata metadata = directory->lstat(name);
      if (scope.selection.rejects(*directory, name, metadata, device, unobserved)) return false;
      directory = directory->open_dir(name);
    }
  } catch (const SourceError& error) {
    // What cannot be looked at is named by the walk.
    return !error.vanished();
  }
  return true;
}

}  // namespace

void SourceFreeze::check(const SourceSnapshotChoice& choice, std::span<const std::string> targets) {
  if (choice.kind == FreezeKind::kNone) return;
  const std::vector<MountEntry> mounts = read_mount_table();
  plan_freeze(choice.kind, locate_targets(targets, mounts), mounts,
              [](const std::string& /*path*/) { return false; });
}

void SourceFreeze::begin(const SourceSnapshotChoice& choice, std::span<const std::string> targets,
                         const FreezeScope& scope, const StopToken& stop) {
  FrozenFiles files;
  files.mounts = read_mount_table();
  const std::vector<LocatedTarget> located = locate_targets(targets, files.mounts);
  const IsEntered is_entered = [&](const std::string& path) {
    return !scope.one_file_system && std::ranges::any_of(located, [&](const LocatedTarget& target) {
      return target.is_directory && is_at_or_below(path, target.resolved) &&
             comes_to(target, path, scope);
    });
  };
  FreezePlan plan = plan_freeze(choice.kind, located, files.mounts, is_entered);
  freezer_ = make_freezer(choice.kind, choice.lvm_size);
  FrozenSystems systems = freezer_->freeze(plan.wishes, is_entered, stop);
  files.roots = std::move(systems.roots);
  files.borders = systems.borders;
  files.frozen_borders = std::move(systems.borders);
  for (const FreezeWish& wish : plan.wishes) files.frozen_borders.push_back(wish.mount.path);
  for (const MountEntry& mount : files.mounts) files.borders.push_back(mount.path);
  source_ = std::make_unique<FrozenSource>(std::move(files), scope.reading_stop);
  plan.left_as_is.insert(plan.left_as_is.end(), systems.left_as_is.begin(),
                         systems.left_as_is.end());
  what_ = {std::move(systems.taken), std::move(plan.left_as_is), std::move(systems.failures),
           std::move(systems.leftovers), std::move(systems.stuck)};
}

std::vector<std::string> SourceFreeze::end() noexcept {
  source_.reset();
  if (!freezer_) return {};
  std::vector<std::string> problems = freezer_->remove();
  freezer_.reset();
  return problems;
}

}  // namespace snapfs
