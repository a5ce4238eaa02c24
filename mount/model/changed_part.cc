// Pairs of snapshots by name.
#include "mount/model/changed_part.h"

#include <string>
#include <utility>

#include "fs/tree/snapshot_list.h"
#include "mount/model/at_part.h"
#include "mount/model/blob_cache.h"
#include "mount/model/time_expression.h"

namespace snapfs {

namespace {

constexpr std::string_view kRemoved = ".deleted";
constexpr std::string_view kRemovedZeroEnded = ".deleted0";

/// Shorter texts are times, such as 2026 or 7d.
constexpr std::size_t kMinIdDigits = 5;

constexpr std::size_t kListBytes = 16 << 20;

bool may_be_id(std::string_view text) noexcept {
  return text.size() >= kMinIdDigits && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

}  // namespace

ChangedPart::ChangedPart(VirtualTree& tree, ChangedTrees& changed, const Clock& clock,
                         const TimeZone& zone, StopToken stop)
    : tree_(tree),
      changed_(changed),
      clock_(clock),
      zone_(zone),
      stop_(std::move(stop)),
      lists_(kListBytes) {}

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
  const Snapshot* before = find_snapshot(*view, name.substr(0, dots));
  const Snapshot* after = find_snapshot(*view, name.substr(dots + 2));
  if (before == nullptr || after == nullptr) return std::nullopt;
  VirtualNode node;
  node.kind = VirtualNode::Kind::kTree;
  node.parent = directory.ino;
  node.part = this;
  node.snapshot = after->id;
  node.tree = after->tree;
  node.against = before->tree;
  node.more_names = true;
  node.time = after->time.instant;
  const std::string identity =
      "changed/" + std::string(name) + "/" + before->id.hex() + after->id.hex();
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
  const std::string identity = "removed/" + std::to_string(pair.ino) + "/" + std::string(name);
  return VirtualName{std::string(name), tree_.add(identity, std::move(node)), {}};
}

std::shared_ptr<const Bytes> ChangedPart::content(const VirtualNode& file) {
  return removed(file, file.path == kRemovedZeroEnded);
}

const Snapshot* ChangedPart::find_snapshot(const View& view, std::string_view text) const {
  try {
    if (text == "latest" || may_be_id(text)) {
      return &snapfs::find_snapshot(view.snapshots, text, {});
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound && error.code() != ErrorCode::kUsage) throw;
  }
  const auto time = parse_time_expression(text, clock_.now(), zone_);
  return time ? newest_until(view.snapshots, *time) : nullptr;
}

std::shared_ptr<const Bytes> ChangedPart::removed(const VirtualNode& pair, bool zero_ended) {
  const TreePair trees{pair.against.value(), pair.tree};
  const std::string key = trees.before.hex() + trees.after.hex() + (zero_ended ? "0" : "");
  return lists_.get(key, [&] {
    auto list = std::make_shared<Bytes>();
    const auto add = [&](const std::string& path) {
      append(*list, as_bytes(path));
      list->push_back(zero_ended ? '\0' : '\n');
    };
    changed_.for_each_removed(trees, add, stop_);
    return list;
  });
}

}  // namespace snapfs
