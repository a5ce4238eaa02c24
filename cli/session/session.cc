#include "cli/session/session.h"

#include <utility>

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/cache_directory.h"
#include "cli/session/password.h"
#include "fs/backend/open/location.h"
#include "fs/repo/append_only.h"

namespace snapfs {
namespace {

/// Before the password is asked for: nobody should type one for a repository that is not there.
Entrance read_entrance(Backend& backend, const StopToken& stop) {
  try {
    return Entrance::read(backend, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNoRepository) throw;
  }
  // In words that scripts look for.
  throw Error(ErrorCode::kNoRepository,
              "repository does not exist: unable to open config file. Is there a repository at the "
              "following location? " +
                  backend.location() +
                  ": check the name, and whether its disk is mounted; \"snapfs init\" makes a "
                  "new one",
              backend.location());
}

}  // namespace

OpenOptions opening_options(const GlobalOptions& options) {
  OpenOptions open;
  open.compression = options.compression_mode();
  open.verify_writes = !options.no_extra_verify;
  open.key_hint = options.key_to_try_first();
  open.warn = [json = options.json](std::string_view message) { print_warning(json, "", message); };
  return open;
}

Session::Session(const GlobalOptions& options, Signals& signals, std::optional<WantedLock> lock,
                 Writing writing, const std::string& mountpoint)
    : stop_(signals.token()), last_call_(signals.last_call()) {
  const RepositoryLocation location = RepositoryLocation::parse(options.repository_string());
  const OpenOptions open = opening_options(options);
  (void)options.pack_bytes();
  (void)cache_bounds(options);
  if (options.cleanup_cache) clean_cache(options);
  LockOptions lock_options;
  lock_options.mountpoint = mountpoint;
  lock_options.retry_for = options.retry_lock_duration();
  lock_options.last_call = last_call_;
  if (lock) {
    lock_options.mode = lock->mode;
    lock_options.may_lack_file = lock->may_lack_file;
    lock_options.only_reads = lock->only_reads;
  }
  if (location.scheme == Scheme::kLocal) directory_ = location.path;
  if (writing == Writing::kPretended) lock.reset();
  const auto permit_again = [this] {
    if (repository_) repository_->files().require_change_allowed();
  };
  storage_.emplace(open_storage(options, location, writing, last_call_, permit_again));
  Backend& backend = storage_->top();
  const Entrance entrance = read_entrance(backend, stop_);
  with_password(options, stop_, [&](ByteView password) {
    repository_ = std::make_unique<Repository>(backend, entrance, password, open, stop_);
  });
  if (location.scheme != Scheme::kLocal) keep_files(options, *repository_, writing);
  if (options.verbosity > 0 && !options.json) {
    print_note(fmt::format("opened repository {} (version {}) at {}",
                           repository_->config().id.short_hex(), repository_->config().version,
                           backend.location()));
  }
  if (!lock) return;
  if (!lock->instead.empty()) require_removals(repository_->files(), lock->instead);
  protect_locks_from_signals();
  lock_options.settles_later = true;
  lock_options.on_refused = [&signals](const Error& error) { signals.stop_because(error); };
  const auto on_lost = [&signals] {
    signals.stop_because(
        "the lock could not be refreshed in time, others may have removed it: the command was "
        "stopped, run it again");
  };
  lock_ = std::make_unique<Lock>(*repository_, clock_, lock_options, on_lost, stop_);
  repository_->files().read_early(lock->reads, stop_);
  if (lock->settles_later) return;
  lock_->require_fresh();
  // Who had the repository until a moment ago may have written what storage did not list yet when
  // the lock was written. Whoever removes what he does not see looks again.
  if (lock->mode == LockMode::kExclusive) repository_->files().forget_early_lists();
}

Session::~Session() = default;

}  // namespace snapfs
