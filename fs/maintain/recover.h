// Directories that no snapshot leads to any more, brought back in a snapshot of their own. Needs an
// exclusive lock, which the caller holds.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/time/clock.h"

namespace snapfs {

class MaintenanceProgress;
class Repository;

struct RecoverOutcome {
  std::size_t trees = 0;       ///< that the index lists
  std::size_t unreadable = 0;  ///< of them
  std::size_t roots = 0;       ///< to which neither a tree nor a snapshot refers
  std::optional<Id> snapshot;  ///< that was saved; nothing without roots
};

/// Reads all trees that the index lists, and saves a snapshot of the path /recover, tagged
/// "recovered", in which every root is a directory with the beginning of its ID as its name. Trees
/// that cannot be read are told to `progress`, and are no roots; what is below them may become one.
/// Removes nothing, and done again finds nothing new. `require_lock` throws when the lock was lost.
RecoverOutcome recover_trees(Repository& repository, const Clock& clock,
                             const std::function<void()>& require_lock,
                             MaintenanceProgress& progress, StopToken stop);

}  // namespace snapfs
