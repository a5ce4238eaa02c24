// Which blobs a set of snapshots needs: what prune keeps, what copy copies.
#pragma once

#include <functional>
#include <span>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/index/blob_set.h"

namespace snapfs {

class Repository;

/// All trees reachable from `roots` and all data blobs that they refer to, and what else their
/// nodes name (TreeReferences::others) as far as it is there. Throws when a tree cannot be read,
/// and Error{kDamaged} when a blob is in no index: then nobody can tell what else is needed.
/// `visited` hears of each distinct tree, by several threads at once.
BlobSet find_used_blobs(Repository& repository, std::span<const Id> roots, StopToken stop,
                        const std::function<void()>& visited = nullptr);

}  // namespace snapfs
