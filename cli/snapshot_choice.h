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

/// "snapshot 1a2b3c4d of [/home] at 2026-11-23 10:00:00 by me@host", fit for a terminal.
std::string title_of(const Snapshot& snapshot);

}  // namespace snapfs
