// The locks of others, and which of them nobody holds any more (FORMAT §12).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/repo/identity.h"
#include "fs/repo/lock_info.h"
#include "fs/time/timestamp.h"

namespace snapfs {

class Repository;

struct StoredLock {
  Id id;
  std::optional<LockInfo> info;  ///< nothing when the file cannot be read
  std::string problem;           ///< why not
};

/// All lock files in ascending order of their IDs; without those that are given up meanwhile.
std::vector<StoredLock> list_locks(Repository& repository, StopToken stop);

/// What staleness is judged by.
struct LockWitness {
  Timestamp now;
  std::string hostname;                              ///< this host's
  std::function<bool(std::int64_t pid)> is_running;  ///< a process of this host
  ProcessOrigin origin = {};                         ///< of whom it knows that
  Timestamp booted = {};                             ///< this host, by the clock of today

  /// This host and its processes.
  static LockWitness of_this_host(Timestamp now);
};

/// What is known of the process that made a lock.
enum class HolderState {
  kUnknown,  ///< it runs, or ran, elsewhere: on another host, or in a PID namespace we do not see
  kRunning,
  kGone,
};

HolderState holder_state(const LockInfo& lock, const LockWitness& witness);

/// Whether nobody holds the lock: it was not refreshed for half an hour, or was made on this host
/// by a process that is gone. One from a clock ahead of ours is not stale by its age.
bool is_stale(const LockInfo& lock, const LockWitness& witness);

}  // namespace snapfs
