// From the name that an item has on disk to the one that it has in the snapshot.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archiver/targets.h"

namespace snapfs {

/// Immutable once it is filled, and then thread-safe.
class SnapshotPaths {
 public:
  explicit SnapshotPaths(const TargetTree& targets);

  /// What is at and below `on_disk` is stored at and below `stored`. Both are cleaned.
  void add(std::string on_disk, std::string stored);

  /// Absolute. A path that nobody has said anything about is where it is on disk.
  std::string stored_path(std::string_view on_disk) const;

 private:
  std::vector<std::pair<std::string, std::string>> places_;
};

}  // namespace snapfs
