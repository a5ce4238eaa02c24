// at/TIME: the newest snapshot not after a time, found when somebody asks for it. Of all snapshots,
// or of those of one directory of the layout.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "fs/time/clock.h"
#include "fs/time/timezone.h"
#include "mount/model/virtual_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// All names of a snapshot lead to one directory. A node's path is that of the directory of the
/// layout whose snapshots count; empty: all of them. Thread-safe.
class AtPart final : public VirtualPart {
 public:
  /// The references must outlive this.
  AtPart(VirtualTree& tree, const Clock& clock, const TimeZone& zone)
      : tree_(tree), clock_(clock), zone_(zone) {}

  /// Understands what find_by_name does.
  std::optional<VirtualName> lookup(const VirtualNode& directory, std::string_view name) override;

  /// A few names that people try first.
  std::vector<VirtualName> list(const VirtualNode& directory) override;

  /// Yesterday there may have been no snapshot yet.
  bool goes_by_the_clock() const noexcept override { return true; }

 private:
  VirtualTree& tree_;
  const Clock& clock_;
  const TimeZone& zone_;
};

}  // namespace snapfs
