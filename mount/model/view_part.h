// The directories that path templates lay out: ids, snapshots, hosts, tags.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "mount/model/virtual_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// A time as restic's mount writes it, 2026-11-01T10:00:00+01:00, is understood where the default
/// writes 2026-11-01T10-00-00+0100. A directory that has a link `latest` has an `at`, too, for its
/// own snapshots; it is not listed, so that copying a directory copies each snapshot once.
///
/// Thread-safe.
class ViewPart final : public VirtualPart {
 public:
  /// Both must outlive this. `at`: what finds snapshots by the time.
  ViewPart(VirtualTree& tree, VirtualPart& at) : tree_(tree), at_(at) {}

  std::optional<VirtualName> lookup(const VirtualNode& directory, std::string_view name) override;
  std::vector<VirtualName> list(const VirtualNode& directory) override;

 private:
  VirtualTree& tree_;
  VirtualPart& at_;
};

}  // namespace snapfs
