// Many files removed from a repository at once.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/repo/stored_files.h"

namespace snapfs {

/// A file that is still there.
struct RemovalFailure {
  Id id;
  Error error;
};

struct RemovalResult {
  std::size_t removed = 0;
  std::vector<RemovalFailure> failures;  ///< in ascending order of the IDs
};

/// Hears of every file that is gone; called by several threads at once.
using FileRemoved = std::function<void(const Id& id)>;

/// Removes the files over several threads, and goes on when one cannot be removed. A file that is
/// gone already counts as removed. Throws only what ends the run (Error::ends_the_run).
RemovalResult remove_files(StoredFiles& stored, FileKind kind, const std::vector<Id>& files,
                           StopToken stop, const FileRemoved& removed = nullptr);

}  // namespace snapfs
