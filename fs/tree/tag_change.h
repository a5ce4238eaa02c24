// Other tags for a snapshot. Only what they come to: fs/tree/snapshot_list.h stores it.
#pragma once

#include <string>
#include <vector>

namespace snapfs {

/// What is to be done to a snapshot's tags: either they are set, or some are added and removed.
struct TagChange {
  std::vector<std::string> set;  ///< empty: they are not set
  std::vector<std::string> add;
  std::vector<std::string> remove;

  bool is_empty() const noexcept { return set.empty() && add.empty() && remove.empty(); }

  /// The tags after the change. What is there already is not added again, and the last tag takes
  /// the place of one that is removed, as the reference does it (FORMAT §17).
  std::vector<std::string> apply_to(std::vector<std::string> tags) const;
};

}  // namespace snapfs
