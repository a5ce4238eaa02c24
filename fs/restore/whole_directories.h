// Which directories of a snapshot can be complete in it. What lies beside the paths that a snapshot
// was taken of is missing in it for no other reason, and is no surplus in a target.
#pragma once

#include <functional>
#include <string>

#include "fs/base/stop_token.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

class Repository;

/// RestoreOptions::is_whole for the directory `folder` of the snapshot. Reads the trees on the way
/// to the snapshot's paths: a tree may hold them in full, from their last components on (taken of
/// relative paths), with a drive's letter in front, or their content alone. Where that cannot be
/// told no directory counts as whole, as in an empty snapshot. Throws what load_tree throws.
std::function<bool(const std::string& path)> whole_directories(Repository& repository,
                                                               const Snapshot& snapshot,
                                                               const std::string& folder,
                                                               StopToken stop);

}  // namespace snapfs
