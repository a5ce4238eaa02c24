#include "mount/model/changed_part.h"

#include <string>
#include <utility>

#include "mount/model/snapshot_name.h"

namespace snapfs {

namespace {

constexpr std::string_view kRemoved = ".deleted";
constexpr std::string_view kRemovedZeroEnded = ".deleted0";

}  // namespace

ChangedPart::ChangedPart(VirtualTree& tree, ChangedTrees& changed, const Clock& clock,
                         const TimeZone& zone, StopToken stop, std::size_t list_bytes)
    : tree_(tree),
      changed_(changed),
      clock_(clock),
      zone_(zone),
      stop_(std::move(stop)),
      lists_(list_bytes) {}

std::optional<VirtualName> ChangedPart::lookup(const VirtualNode& directory,
                                               std::string_view name) {
  return directory.kind == VirtualNode::Kind::kTree ? find_removed(directory, name)
                                                    : find_pair(directory, name);
}

std::optional<VirtualName> ChangedPart::find_pair(const VirtualNode& directory,
                                                  std::string_view name) {
  const std::size_t dots = name.find("..");
  if (dots == name.npos) return std::nullopt;
  const auto view = tree_.view();
  const auto find = [&](std::string_view each) {
    return find_by_name(view->snapshots, each, clock_, zone_);
  };
  const Snapshot* before = find(name.substr(0, dots));
  const Snapshot* after = find(name.substr(dots + 2));
  if (before == nullptr || after == nullptr) return std::nullopt;
  VirtualNode node;
  node.kind = VirtualNode::Kind::kTree;
  node.parent = directory.ino;
  node.part = this;
  node.snapshot = after->id;
  node.tree = after->tree;
  node.against = before->tree;
  node.against_snapshot = before->id;
  node.more_names = true;
  node.time = after->time.instant;
  const std::string identity = "changed/" + before->id.hex() + after->id.hex();
  return VirtualName{std::string(name), tree_.add(identity, std::move(node)), {}};
}

std::optional<VirtualName> ChangedPart::find_removed(const VirtualNode& pair,
                                                     std::string_view name) {
  if (name != kRemoved && name != kRemovedZeroEnded) return std::nullopt;
  VirtualNode node = pair;
  node.kind = VirtualNode::Kind::kFile;
  node.parent = pair.ino;
  node.path = name;
  node.size = removed(pair, name == kRemovedZeroEnded)->size();
  node.forgettable = true;
  const std::string identity = "removed/" + std::to_string(pair.ino) + "/" + std::string(name);
  return VirtualName{std::string(name), tree_.add(identity, std::move(node)), {}};
}

std::shared_ptr<const Bytes> ChangedPart::content(const VirtualNode& file) {
  return removed(file, file.path == kRemovedZeroEnded);
}

std::shared_ptr<const Bytes> ChangedPart::removed(const VirtualNode& pair, bool zero_ended) {
  const TreePair trees{pair.against.value(), pair.tree};
  const std::string key = trees.before.hex() + trees.after.hex() + (zero_ended ? "0" : "");
  if (auto kept = large_list_.find(key)) return kept;
  auto made = lists_.get(key, [&] {
    auto list = std::make_shared<Bytes>();
    const auto add = [&](const std::string& path) {
      append(*list, as_bytes(path));
      list->push_back(zero_ended ? '\0' : '\n');
    };
    changed_.for_each_removed(trees, add, stop_);
    return list;
  });
  large_list_.offer(key, made, lists_.budget_bytes());
  return made;
}

}  // namespace snapfs
