// The directories that path templates lay out: ids, snapshots, hosts, tags.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "mount/model/virtual_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// Thread-safe.
class ViewPart final : public VirtualPart {
 public:
  /// `tree` must outlive this.
  explicit ViewPart(const VirtualTree& tree) : tree_(tree) {}

  std::optional<VirtualName> lookup(const VirtualNode& directory, std::string_view name) override;
  std::vector<VirtualName> list(const VirtualNode& directory) override;

 private:
  const VirtualTree& tree_;
};

}  // namespace snapfs
