// Removes what no snapshot needs (FORMAT §15). Needs an exclusive lock, which the caller holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>

#include "fs/base/stop_token.h"
#include "fs/maintain/prune_plan.h"
#include "fs/store/pack_writer.h"
#include "fs/time/clock.h"

namespace snapfs {

class MaintenanceProgress;
class Repository;

struct PruneOptions {
  RepackPolicy policy;
  std::size_t pack_bytes = PackWriter::kDefaultTargetBytes;

  /// Snapshots that count as removed, whether they are there or not: what forget removes, or would.
  std::set<Id> without_snapshots;

  /// Snapshots that must still be there, beside those that are not counted: what somebody has seen
  /// a moment ago and has not removed.
  std::set<Id> expected_snapshots;

  /// A repository without snapshots is emptied. Otherwise it is left alone: more often than not
  /// something is wrong with it.
  bool allow_no_snapshots = false;

  /// For a full disk: nothing is repacked, and the old index files go before new ones are written.
  /// When these cannot be written, or the process is killed in between, "snapfs repair index" has
  /// to make the index anew from the packs.
  bool recover_no_space = false;

  /// Called before files that others might need are removed; throws when the lock was lost.
  std::function<void()> require_lock = [] {};
};

/// What prune found out, and will do.
struct PreparedPrune {
  BlobSet used;
  PrunePlan plan;
};

/// Loads the index and all snapshots, walks their trees, lists the packs, and decides. Changes
/// nothing. Throws whatever fails: a prune that did not see everything would remove what it did not
/// see. Error{kDamaged} when an expected snapshot is not listed; Error{kUsage} for a repository
/// without snapshots, see PruneOptions, and for options that contradict each other.
PreparedPrune prepare_prune(Repository& repository, const PruneOptions& options,
                            MaintenanceProgress& progress, StopToken stop);

struct PruneOutcome {
  std::size_t files_left = 0;  ///< that were to be removed and could not be; harmless
};

/// Carries it out: unlisted packs go, used blobs are repacked, the index is written anew, then the
/// old packs go. Whenever it ends, at whatever point, every snapshot stays complete. With
/// recover_no_space, the packs of every snapshot do, but from the moment the first index file is
/// removed until the new ones are written the repository cannot be read; so once begun, that is not
/// given up for a stop that is requested, or a lock that is lost: then packs stay, the index is
/// written all the same, and only then the Error is thrown. When it cannot be written, the Error
/// says that the index is gone and has to be repaired. `repository`'s index in memory does not fit
/// the repository afterwards.
PruneOutcome execute_prune(Repository& repository, const Clock& clock,
                           const PreparedPrune& prepared, const PruneOptions& options,
                           MaintenanceProgress& progress, StopToken stop);

}  // namespace snapfs
