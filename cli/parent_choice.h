// Which snapshot a new one takes unchanged files over from (FORMAT §13.3).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "archiver/request.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

/// What a snapshot must have in common with the new one to be its parent.
struct GroupBy {
  bool host = false;
  bool paths = false;
  bool tags = false;

  /// "host,paths", in any order; nothing at all is a group, too. Throws Error{kUsage}.
  static GroupBy parse(std::string_view text);

  /// The snapshots that `request` may have as its parent, going by its host, paths and tags: with
  /// all of its paths, and all of its tags.
  SnapshotFilter filter_for(const SnapshotRequest& request) const;

  friend bool operator==(const GroupBy&, const GroupBy&) = default;
};

/// The snapshot that `id` names, which may be "latest"; when it is empty, the newest of the group
/// that is not newer than the request's time. Throws Error when there is none of that name.
std::optional<Snapshot> choose_parent(const std::vector<Snapshot>& snapshots, std::string_view id,
                                      const GroupBy& group, const SnapshotRequest& request);

/// What interrupted runs of the group had come to since `parent` was taken: the newest, and of the
/// others the one that had come furthest. A new run takes over from them what the parent does not
/// have.
std::vector<Snapshot> choose_partial(const std::vector<Snapshot>& snapshots,
                                     const std::optional<Snapshot>& parent, const GroupBy& group,
                                     const SnapshotRequest& request);

/// The partial snapshots of the very same host and paths. A finished run makes them superfluous.
std::vector<Id> superfluous_partial(const std::vector<Snapshot>& snapshots,
                                    const SnapshotRequest& request);

}  // namespace snapfs
