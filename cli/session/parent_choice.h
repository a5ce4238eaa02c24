// Which snapshot a new one takes unchanged files over from (FORMAT §13.3).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "archiver/request.h"
#include "fs/tree/snapshot_groups.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

/// The snapshot that `id` names, which may be "latest"; when it is empty, the newest of the group
/// that is not newer than the request's time, and has all paths and tags of the request that it is
/// grouped by. Throws Error when there is none of that name.
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
