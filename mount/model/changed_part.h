// changed/A..B: what of snapshot B is not in snapshot A, and in `.deleted` what is in A only. The
// comparison itself is ChangedTrees'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/time/clock.h"
#include "fs/time/timezone.h"
#include "mount/model/blob_cache.h"
#include "mount/model/changed_trees.h"
#include "mount/model/last_oversized.h"
#include "mount/model/shared_cache.h"
#include "mount/model/virtual_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// Thread-safe.
class ChangedPart final : public VirtualPart {
 public:
  /// The references must outlive this. `list_bytes`: how much of lists of deletions is kept,
  /// besides the last one that alone is larger.
  ChangedPart(VirtualTree& tree, ChangedTrees& changed, const Clock& clock, const TimeZone& zone,
              StopToken stop, std::size_t list_bytes = 16 << 20);

  /// In the directory of pairs: A..B, each as find_by_name understands it.
  /// In a pair: `.deleted`, one path a line, and `.deleted0`, each path ended by a zero byte.
  std::optional<VirtualName> lookup(const VirtualNode& directory, std::string_view name) override;

  /// None: every two snapshots are a pair.
  std::vector<VirtualName> list(const VirtualNode&) override { return {}; }

  std::shared_ptr<const Bytes> content(const VirtualNode& file) override;

 private:
  std::optional<VirtualName> find_pair(const VirtualNode& directory, std::string_view name);
  std::optional<VirtualName> find_removed(const VirtualNode& pair, std::string_view name);
  std::shared_ptr<const Bytes> removed(const VirtualNode& pair, bool zero_ended);

  VirtualTree& tree_;
  ChangedTrees& changed_;
  const Clock& clock_;
  const TimeZone& zone_;
  const StopToken stop_;
  SharedCache<std::string, Bytes> lists_;
  /// There is no open file that could keep it: each READ asks anew.
  LastOversized<std::string, Bytes> large_list_;
};

}  // namespace snapfs
