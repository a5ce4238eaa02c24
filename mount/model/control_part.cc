#include "mount/model/control_part.h"

#include <utility>

namespace snapfs {

namespace {

constexpr std::string_view kMetrics = "metrics";
constexpr std::string_view kStatus = "status";
constexpr std::string_view kPrefetch = "prefetch";

}  // namespace

ControlPart::ControlPart(VirtualTree& tree, const Clock& clock, Text status, Text metrics,
                         bool prefetch)
    : tree_(tree),
      clock_(clock),
      status_(std::move(status)),
      metrics_(std::move(metrics)),
      prefetch_(prefetch) {}

std::optional<VirtualName> ControlPart::lookup(const VirtualNode& directory,
                                               std::string_view name) {
  VirtualNode node;
  node.kind = VirtualNode::Kind::kFile;
  node.parent = directory.ino;
  node.part = this;
  node.time = clock_.now();
  if (name == kPrefetch && prefetch_) {
    node.writable = true;
    node.bytes = std::make_shared<const Bytes>();
    return VirtualName{std::string(name), tree_.add(".snapfs/prefetch", std::move(node)), {}};
  }
  if (name != kStatus && name != kMetrics) return std::nullopt;
  const std::string text = name == kStatus ? status_() : metrics_();
  node.bytes = std::make_shared<const Bytes>(copy_of(as_bytes(text)));
  node.size = node.bytes->size();
  return VirtualName{std::string(name), tree_.add_passing(std::move(node)), {}};
}

std::vector<VirtualName> ControlPart::list(const VirtualNode& directory) {
  std::vector<VirtualName> names;
  for (const std::string_view name : {kMetrics, kPrefetch, kStatus}) {
    if (auto found = lookup(directory, name)) names.push_back(*std::move(found));
  }
  return names;
}

}  // namespace snapfs
