// Locks (FORMAT §12): files that say which processes use the repository.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/base/timer.h"
#include "fs/repo/lock_info.h"
#include "fs/time/clock.h"

namespace snapfs {

class Repository;

struct LockOptions {
  LockMode mode = LockMode::kShared;
  std::string mountpoint = {};             ///< of a mount: for those who find it locked
  std::chrono::milliseconds retry_for{0};  ///< keep trying this long when the repository is locked

  /// Storage that is full to the last byte has no room for a lock file either. A command that
  /// makes room then holds the lock without one, if nobody else has one, and writes it later.
  bool may_lack_file = false;
  bool only_reads = false;  ///< the lock could be done without

  /// The constructor returns before the last look, which is taken in a thread of the lock:
  /// require_fresh() waits for it. Not when the lock is tried for some time, since who has to give
  /// way tries again before he begins; nor when its file is lacking.
  bool settles_later = false;
  /// Hears, in that thread, that such a lock has to give way or could not be looked at: the holder
  /// must end. May be empty.
  std::function<void(const Error& error)> on_refused = {};

  // The protocol's own delays; only tests change them.
  std::chrono::milliseconds settle{200};  ///< between writing a lock and looking again
  std::chrono::milliseconds refresh_every{std::chrono::minutes(5)};
  std::chrono::milliseconds lost_after{std::chrono::seconds(1350)};  ///< 30 min − 1.5 × 5 min
  Timer* timer = nullptr;  ///< what waits are measured by; null: the system's

  /// Stops when the program must end at once, after the run's own stop: what storage has not
  /// removed by then stays, and `unlock` removes it.
  StopToken last_call = {};
};

/// Holds a lock while it lives; a thread of its own writes it anew every five minutes. When that
/// failed for 22.5 minutes others may take the lock for stale: `on_lost` is called, once, from that
/// thread, in require_fresh(), or by a removal, which is refused; and the holder must end. A
/// process that holds a lock must not die of SIGHUP, by which `unlock` finds out whether it still
/// runs.
class Lock {
 public:
  /// Throws Error{kLocked} naming the other holder, and what can be done about it. Repository and
  /// clock must outlive the lock.
  Lock(Repository& repository, const Clock& clock, const LockOptions& options,
       const std::function<void()>& on_lost, const StopToken& stop);
  /// Removes the lock file, as far as that can be done.
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Waits until the lock has settled, and throws Error{kLocked} when it has to give way to
  /// another. Throws Error{kCancelled}, and calls `on_lost`, when the lock must count as lost. To
  /// be called before anything is written that others could contradict: a machine that slept has
  /// not noticed yet. Thread-safe.
  void require_fresh();

 private:
  class Holder;
  std::unique_ptr<Holder> holder_;
};

}  // namespace snapfs
