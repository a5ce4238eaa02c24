// Snapshots that belong together, such as those of one host and the same paths: what is "the
// latest", and what a retention policy is applied to, is decided group by group (FORMAT §14).
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "fs/tree/snapshot.h"

namespace snapfs {

/// What snapshots must have in common to be of one group.
struct GroupBy {
  bool host = false;
  bool paths = false;
  bool tags = false;

  /// "host,paths", in any order; nothing at all is a group, too. Throws Error{kUsage}.
  static GroupBy parse(std::string_view text);

  friend bool operator==(const GroupBy&, const GroupBy&) = default;
};

/// What the snapshots of a group do have in common; what they are not grouped by is empty.
struct GroupKey {
  std::string hostname;
  std::vector<std::string> paths;  ///< in ascending order
  std::vector<std::string> tags;   ///< in ascending order

  static GroupKey of(const Snapshot& snapshot, const GroupBy& by);

  /// For people: "host web1, paths /etc /srv", or "all snapshots".
  std::string text(const GroupBy& by) const;

  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
  friend bool operator==(const GroupKey&, const GroupKey&) = default;
};

struct SnapshotGroup {
  GroupKey key;
  std::vector<Snapshot> snapshots;  ///< in the order they were given in
};

/// Every snapshot in its group; groups in ascending order of their keys. The snapshots' paths are
/// in ascending order, and the tags when they are grouped by them: restic lists them like that, and
/// programs that read the lists use them as keys.
std::vector<SnapshotGroup> group_snapshots(const std::vector<Snapshot>& snapshots,
                                           const GroupBy& by);

}  // namespace snapfs
