// A repository opened for a command: storage, password, lock and signals in one place.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/session/wanted_lock.h"
#include "fs/backend/stack/backend_stack.h"
#include "fs/base/stop_token.h"
#include "fs/repo/lock.h"
#include "fs/repo/repository.h"
#include "fs/time/clock.h"

namespace snapfs {

struct GlobalOptions;
class Signals;

/// What a command may do to the repository.
enum class Writing {
  kAllowed,
  kPretended,  ///< nothing is written, not even a lock, though everything seems to be
};

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

  /// Throws when the lock that is held must count as lost; fine when none is held.
  void require_lock() {
    if (lock_) lock_->require_fresh();
  }

  /// The repository's directory, as the user named it.
  const std::string& path() const noexcept { return path_; }

 private:
  SystemClock clock_;
  StopToken stop_;
  std::string path_;
  std::optional<BackendStack> storage_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<Lock> lock_;
};

}  // namespace snapfs
