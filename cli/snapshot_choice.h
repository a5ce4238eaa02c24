// Which snapshots a command works on: those named, or those that the filter matches.
#pragma once

#include <string>
#include <vector>

#include "fs/tree/snapshot_list.h"

namespace snapfs {

/// In the order they have in `all`: the snapshots that `names` stand for (see find_snapshot()), or
/// without names all that the filter matches. Throws what find_snapshot throws.
std::vector<Snapshot> choose_snapshots(const std::vector<Snapshot>& all,
                                       const std::vector<std::string>& names,
                                       const SnapshotFilter& filter);

}  // namespace snapfs
