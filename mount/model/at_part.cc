#include "mount/model/at_part.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "mount/model/snapshot_name.h"

namespace snapfs {

namespace {

constexpr std::array<std::string_view, 6> kListed = {"1d-ago", "1m-ago", "1w-ago",
                                                     "1y-ago", "now",    "yesterday"};

/// Valid as long as the view.
SnapshotPredicate those_of(const View& view, const std::string& path) {
  if (path.empty()) return {};
  const auto found = view.directories.find(path);
  if (found == view.directories.end()) return [](const Snapshot&) { return false; };
  return [&view, &counted = found->second.snapshots](const Snapshot& snapshot) {
    const auto index = static_cast<std::size_t>(&snapshot - view.snapshots.data());
    return std::ranges::binary_search(counted, index);
  };
}

}  // namespace

std::optional<VirtualName> AtPart::lookup(const VirtualNode& directory, std::string_view name) {
  const auto view = tree_.view();
  const Snapshot* snapshot =
      find_by_name(view->snapshots, name, clock_, zone_, those_of(*view, directory.path));
  if (snapshot == nullptr) return std::nullopt;
  VirtualNode node;
  node.kind = VirtualNode::Kind::kTree;
  node.parent = directory.ino;
  node.part = this;
  node.snapshot = snapshot->id;
  node.tree = snapshot->tree;
  node.time = snapshot->time.instant;
  // Not by the name: there is no end to what one snapshot can be called.
  const std::string identity = "at/" + directory.path + "/" + snapshot->id.hex();
  return VirtualName{std::string(name), tree_.add(identity, std::move(node)), {}};
}

std::vector<VirtualName> AtPart::list(const VirtualNode& directory) {
  std::vector<VirtualName> names;
  for (const std::string_view name : kListed) {
    if (auto found = lookup(directory, name)) names.push_back(*std::move(found));
  }
  return names;
}

}  // namespace snapfs
