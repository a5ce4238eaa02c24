// Taking a snapshot: from a request to a snapshot file in the repository.
#pragma once

#include "archiver/execution.h"
#include "archiver/progress.h"
#include "archiver/request.h"
#include "archiver/source/source_fs.h"
#include "fs/base/stop_token.h"
#include "fs/repo/repository.h"
#include "fs/time/clock.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

/// Saves the request's targets and returns the snapshot, its ID set; null when none was written
/// because the request is to skip a tree that is the parent's (FORMAT §13.7). The repository's
/// index must be loaded. What could not be read of the source is told to `progress` and left out.
/// Anything else that fails ends the run: everything is joined, what was stored so far is listed in
/// the index, the first error is thrown, and no snapshot is written but the partial ones that were
/// asked for. After a failure the repository object is not to be used for another snapshot: blobs
/// that were dropped count as being on their way. Throws Error{kCancelled} when `stop` was
/// requested, Error{kNotFound} when none of the targets could be read.
Snapshot create_snapshot(Repository& repository, const SourceFs& source, const Clock& clock,
                         SnapshotRequest request, Progress& progress, StopToken stop,
                         const Execution& execution = {});

}  // namespace snapfs
