// A repository opened for a command: storage, password, lock and signals in one place.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/session/storage.h"
#include "cli/session/wanted_lock.h"
#include "fs/backend/stack/backend_stack.h"
#include "fs/base/stop_token.h"
#include "fs/repo/lock.h"
#include "fs/repo/repository.h"
#include "fs/time/clock.h"

namespace snapfs {

struct GlobalOptions;
class Signals;

/// How every command opens a repository: with the key to try first and a word about odd keys.
OpenOptions opening_options(const GlobalOptions& options);

/// Opens the repository and holds the lock while it lives. Neither copied nor moved.
class Session {
 public:
  /// `lock` empty: none is taken. `mountpoint`: what the lock says of a mount. Throws what opening
  /// and locking throw. Both references must outlive the session.
  Session(const GlobalOptions& options, Signals& signals, std::optional<WantedLock> lock,
          Writing writing = Writing::kAllowed, const std::string& mountpoint = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Repository& repository() noexcept { return *repository_; }
  const Clock& clock() const noexcept { return clock_; }
  StopToken stop() const noexcept { return stop_; }

  /// See Signals::last_call().
  StopToken last_call() const noexcept { return last_call_; }

  /// Waits for a lock that is not settled yet (WantedLock::settling_later). Throws when it has to
  /// give way or must count as lost; fine when none is held.
  void require_lock() {
    if (lock_) lock_->require_fresh();
  }

  /// The repository's directory, as the user named it; empty when it is none on this machine.
  const std::string& directory() const noexcept { return directory_; }

 private:
  SystemClock clock_;
  StopToken stop_;
  StopToken last_call_;
  std::string directory_;
  std::optional<BackendStack> storage_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<Lock> lock_;
};

}  // namespace snapfs
