#include "cli/output/snapshot_paths.h"

#include <optional>

#include "fs/base/path.h"

namespace snapfs {
namespace {

/// What follows `place` in `path`, with a slash in front; nothing when it is not at or below it.
std::optional<std::string> rest_below(std::string_view path, std::string_view place) {
  if (path == place) return "";
  if (place == ".") {
    const bool below = !path.starts_with('/') && path != ".." && !path.starts_with("../");
    return below ? std::optional("/" + std::string(path)) : std::nullopt;
  }
  if (!path.starts_with(place)) return std::nullopt;
  const std::string_view rest = path.substr(place.size());
  if (place.ends_with('/')) return "/" + std::string(rest);
  return rest.starts_with('/') ? std::optional(std::string(rest)) : std::nullopt;
}

}  // namespace

SnapshotPaths::SnapshotPaths(const TargetTree& targets) {
  for (const TargetRoot& root : targets.roots) {
    add(join_path(root.base, root.node.on_disk_name), "/" + root.node.name);
  }
}

void SnapshotPaths::add(std::string on_disk, std::string stored) {
  places_.emplace_back(std::move(on_disk), std::move(stored));
}

std::string SnapshotPaths::stored_path(std::string_view on_disk) const {
  // The last one said counts: it is the more particular one.
  for (auto place = places_.rbegin(); place != places_.rend(); ++place) {
    if (const auto rest = rest_below(on_disk, place->first)) return place->second + *rest;
  }
  return std::string(on_disk);
}

}  // namespace snapfs
