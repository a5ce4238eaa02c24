// Times to snapshots.
#include "mount/model/at_part.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <string>

#include "mount/model/time_expression.h"

namespace snapfs {

namespace {

constexpr std::array<std::string_view, 6> kListed = {"1d-ago", "1m-ago", "1w-ago",
                                                     "1y-ago", "now",    "yesterday"};

}  // namespace

const Snapshot* newest_until(const std::vector<Snapshot>& snapshots, Timestamp time) {
  auto after = std::ranges::upper_bound(snapshots, time, {},
                                        [](const Snapshot& s) { return s.time.instant; });
  while (after != snapshots.begin()) {
    if (!is_partial(*--after)) return &*after;
  }
  return nullptr;
}

std::optional<VirtualName> AtPart::lookup(const VirtualNode& directory, std::string_view name) {
  const auto time = parse_time_expression(name, clock_.now(), zone_);
  if (!time) return std::nullopt;
  const auto view = tree_.view();
  const Snapshot* snapshot = newest_until(view->snapshots, *time);
  if (snapshot == nullptr) return std::nullopt;
  VirtualNode node;
  node.kind = VirtualNode::Kind::kTree;
  node.parent = directory.ino;
  node.part = this;
  node.snapshot = snapshot->id;
  node.tree = snapshot->tree;
  node.time = snapshot->time.instant;
  const std::string identity = "at/" + std::string(name) + "/" + snapshot->id.hex();
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
