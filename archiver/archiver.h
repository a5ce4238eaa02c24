// Taking a snapshot: from a request to a snapshot file in the repository.
#pragma once

#include "archiver/progress.h"
#include "archiver/request.h"
#include "archiver/source/source_fs.h"
#include "fs/base/clock.h"
#include "fs/base/stop_token.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

/// Saves the request's targets and returns the snapshot, its ID set. The repository's index must be
/// loaded. What could not be read of the source is told to `progress` and left out. Anything else
/// that fails ends the run: everything is joined, the first error is thrown, and neither index nor
/// snapshot is written. Throws Error{kCancelled} when `stop` was requested, Error{kNotFound} when
/// none of the targets could be read.
Snapshot create_snapshot(Repository& repository, const SourceFs& source, const Clock& clock,
                         const SnapshotRequest& request, Progress& progress, StopToken stop);

}  // namespace snapfs
