// Storage has no operation that looks and writes in one, so a lock is taken in three steps (FORMAT
// §12): look for a lock of others, write our own, and after a moment look again. Of two that
// exclude each other and write at the same time, each sees the other at the second look, and gives
// up; who is let in before that look (settles_later) has looked once more right after writing; with
// --retry-lock it tries again after a pause that doubles. A thread writes the lock anew, under a
// new name, and removes the old file. It goes by the wall clock in short steps, because timers
// stand still while a machine sleeps; what a clock that was set back hides of it is the length of a
// step. After 22.5 minutes without success the lock counts as lost:
// that is before the half hour after which others may take it for stale.
#include "fs/repo/lock.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "fs/base/deadline.h"
#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/identity.h"
#include "fs/repo/repository.h"
#include "fs/repo/stale_locks.h"
#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;

/// For storage of which it is not known whether it answers at all.
constexpr milliseconds kShortCleanupTime{1000};

/// The one that locks wait by.
Timer& timer_of(const LockOptions& options) {
  return options.timer != nullptr ? *options.timer : steady_timer();
}

milliseconds since(const Timestamp& then, const Timestamp& now) {
  return milliseconds((now.seconds - then.seconds) * 1000 +
                      (now.nanoseconds - then.nanoseconds) / 1'000'000);
}

/// "1h2m3s".
std::string format_age(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string advice_about(const LockInfo& other, const LockWitness& witness) {
  const HolderState state = holder_state(other, witness);
  if (state == HolderState::kGone) {
    return "that process is gone: 'snapfs unlock' removes its lock";
  }
  if (is_stale(other, witness)) {
    return "it was not refreshed for half an hour: if nobody uses the repository there, 'snapfs "
           "unlock' removes it";
  }
  if (!other.mountpoint.empty()) {
    return fmt::format(
        "it is a mount on {}: unmount that ('snapfs umount' there), or mount with --no-lock, which "
        "holds no lock",
        other.mountpoint);
  }
  if (state == HolderState::kRunning) {
    return "that process is running: wait for it to end, which --retry-lock does";
  }
  return "wait for it to end; if it no longer runs, 'snapfs unlock' removes its lock after half an "
         "hour, with --remove-all at once";
}

/// Begins as the reference's message does: programs that call it look for these words.
[[noreturn]] void throw_locked(const LockInfo& other, const LockWitness& witness) {
  const std::int64_t age = witness.now.seconds - other.time.instant.seconds;
  throw Error(
      ErrorCode::kLocked,
      fmt::format(
          "unable to create lock in backend: repository is already locked{} by PID {} on {} "
          "by {} (UID {}, GID {}), lock was created at {} ({} ago); {}",
          other.exclusive ? " exclusively" : "", other.pid, other.hostname, other.username,
          other.uid, other.gid, format_rfc3339(other.time),
          format_age(std::max<std::int64_t>(age, 0)), advice_about(other, witness)));
}

/// One look at the locks of others: throws kLocked on a conflict.
void check_conflicts(Repository& repository, const Clock& clock, LockMode mode,
                     const std::optional<Id>& own, const StopToken& stop) {
  std::vector<Id> others;
  for (const FileInfo& info : repository.files().list(FileKind::kLock, stop)) {
    if (info.id != own && info.size != 0) others.push_back(info.id);
  }
  for_each_file(repository.files(), FileKind::kLock, others, [&](const Id& id) {
    std::optional<LockInfo> lock;
    try {
      lock = parse_lock(repository.load_file({FileKind::kLock, id}, stop));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;  // not found: given up meanwhile
    }
    if (lock && (lock->exclusive || mode == LockMode::kExclusive)) {
      throw_locked(*lock, LockWitness::of_this_host(clock.now()));
    }
  });
}

/// The lock file could not be written, for a reason that somebody may be able to do something
/// about. Only what reads can do without.
[[noreturn]] void throw_not_writable(const Error& error, bool may_only_read) {
  std::string advice;
  if (error.code() == ErrorCode::kNoSpace) {
    advice = "a lock needs some kilobytes: free them";
  } else if (error.code() == ErrorCode::kPermission) {
    advice = "the lock of this command needs a repository that can be written to";
  } else {
    throw error;
  }
  if (may_only_read) advice += "; what only reads does without, given --no-lock";
  throw Error(error.code(), std::string(error.what()) + ": " + advice, error.subject());
}

[[noreturn]] void throw_unreadable(const Error& error) {
  throw Error(
      error.code(),
      fmt::format("cannot tell who has locked the repository: {}; if nobody uses it, remove "
                  "all locks with 'snapfs unlock --remove-all'",
                  error.what()),
      error.subject());
}

/// A lock being written may not be readable yet, so failures are given time (FORMAT §12).
void check_patiently(Repository& repository, const Clock& clock, const LockOptions& options,
                     const std::optional<Id>& own, const StopToken& stop) {
  // The reference waits 5, 10 and 20 s. What is written atomically is whole much sooner, and giving
  // up early is safe: it only refuses.
  milliseconds pause = options.settle;
  for (int attempt = 0;; ++attempt, pause *= 2) {
    try {
      return check_conflicts(repository, clock, options.mode, own, stop);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kLocked || error.ends_the_run()) throw;
      if (error.code() == ErrorCode::kOutOfResources) throw;  // it says nothing about the locks
      if (attempt == 3) throw_unreadable(error);
    }
    timer_of(options).require_wait(pause, stop);
  }
}

}  // namespace

/// The lock file and the thread that keeps it fresh.
class Lock::Holder {
 public:
  Holder(Repository& repository, const Clock& clock, const LockOptions& options,
         std::function<void()> on_lost, const StopToken& stop)
      : repository_(repository),
        clock_(clock),
        options_(options),
        on_lost_(std::move(on_lost)),
        stop_(stop) {
    check_patiently(repository_, clock_, options_, std::nullopt, stop);
    try {
      write(stop);
      settled_at_ = timer_of(options_).now() + options_.settle;
      // What is read from now on counts as read under the lock, so nobody may be holding the
      // repository alone now: he might end, and be gone when we look again. Whoever comes later
      // sees our lock.
      if (options_.settles_later && !id_.is_null()) {
        check_patiently(repository_, clock_, options_, id_, stop);
      } else {
        settle(stop);
      }
      // Between two removals a machine may have slept: none is made under a lock that others may
      // have removed meanwhile.
      repository_.files().guard_changes([this] {
        if (is_lost()) throw cancelled_error();
      });
      thread_ = std::jthread([this](const StopToken& end) {
        if (settle_here(end)) keep_fresh(end);
      });
    } catch (...) {
      repository_.files().guard_changes({});
      give_up();
      throw;
    }
  }

  ~Holder() {
    thread_.request_stop();
    thread_.join();
    repository_.files().guard_changes({});
    give_up();
  }

  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  /// Throws what kept the lock from settling, or Error{kCancelled} when the command is stopped.
  void require_settled() {
    std::unique_lock lock(mutex_);
    const auto is_known = [this] { return has_settled_ || failure_; };
    if (!settled_.wait(lock, stop_, is_known)) throw cancelled_error();
    if (failure_) std::rethrow_exception(failure_);
  }

  /// Calls on_lost, once, when it is so.
  bool is_lost() {
    if (age() < options_.lost_after) return false;
    std::call_once(told_, on_lost_);
    return true;
  }

 private:
  /// Others get the time that they need to see the lock; then comes the second look.
  void settle(const StopToken& stop) {
    if (!timer_of(options_).wait_until(settled_at_, stop)) throw cancelled_error();
    check_patiently(repository_, clock_, options_, id_, stop);
    const std::lock_guard lock(mutex_);
    has_settled_ = true;
    settled_.notify_all();
  }

  /// In the lock's own thread: whether the lock holds.
  bool settle_here(const StopToken& end) noexcept {
    if (has_settled_) return true;
    try {
      settle(end);
      return true;
    } catch (...) {
      give_up();  // it would only be in the way of others
      const Error error = current_error();
      {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
        settled_.notify_all();
      }
      if (!end.stop_requested() && options_.on_refused) options_.on_refused(error);
      return false;
    }
  }

  /// How long ago the lock was last written. A clock that is set back meanwhile makes it no
  /// younger: what had passed counts.
  milliseconds age() {
    const auto freshness = freshness_.lock();
    const Timestamp now = clock_.now();
    const milliseconds passed = since(freshness->seen, now);
    if (passed < milliseconds(0)) {
      freshness->went_back = true;
    } else {
      freshness->age += passed;
    }
    freshness->seen = now;
    return freshness->age;
  }

  void write(const StopToken& stop) {
    const Timestamp now = clock_.now();
    LockInfo info = LockInfo::of_process(options_.mode, TimeZone::local().at(now));
    info.mountpoint = options_.mountpoint;
    const std::string json = encode_lock(info);
    try {
      const SealedFile sealed = repository_.seal_file(FileKind::kLock, as_bytes(json));
      // Should the storage not answer, nobody knows whether it has the file. There is room for the
      // one before, too: nothing may fail once this one is stored.
      superseded_.reserve(superseded_.size() + 2);
      superseded_.push_back(sealed.id);
      repository_.files().save({FileKind::kLock, sealed.id}, sealed.bytes, stop);
      superseded_.pop_back();
      id_ = sealed.id;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kNoSpace && options_.may_lack_file && id_.is_null()) {
        *freshness_.lock() = {now, {}, false};
        return;
      }
      throw_not_writable(error, options_.only_reads);
    }
    *freshness_.lock() = {now, {}, false};
  }

  /// Keeps those that could not be removed for the next time: one left behind would go on to block
  /// others. What is left at the very end, `unlock` removes, since its owner is gone.
  /// False when there was no memory to do it with.
  bool remove_superseded(const StopToken& earlier) noexcept {
    if (superseded_.empty()) return true;
    try {
      // Storage that let a refresh wait for so long until the end came has had its time.
      const milliseconds limit = hangs_ ? kShortCleanupTime : milliseconds(kCleanupTime);
      const Deadline deadline(limit, timer_of(options_), earlier);
      std::erase_if(superseded_, [&](const Id& id) {
        try {
          repository_.files().remove({FileKind::kLock, id}, deadline.token());
          return true;
        } catch (const Error& error) {
          if (error.code() == ErrorCode::kOutOfResources) throw;
          return error.code() == ErrorCode::kNotFound;
        }
      });
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  void give_up() noexcept {
    if (!id_.is_null()) superseded_.push_back(std::exchange(id_, Id{}));
    // What went wrong before has given back what it held.
    if (!remove_superseded(options_.last_call)) remove_superseded(options_.last_call);
  }

  void keep_fresh(const StopToken& end) {
    // Short steps against the wall clock, because timers stand still while a machine sleeps.
    const milliseconds step =
        std::min<milliseconds>(options_.refresh_every / 5, std::chrono::seconds(5));
    while (timer_of(options_).wait_for(step, end)) {
      if (is_lost()) return;
      // A clock set back makes the lock's time one to come, which says nothing to others.
      const bool is_due = age() >= options_.refresh_every || freshness_.lock()->went_back;
      if (is_due || id_.is_null()) refresh(end);
    }
  }

  /// A failure is tried again at the next step, until the lock counts as lost.
  void refresh(const StopToken& end) noexcept {
    const Timer::TimePoint start = timer_of(options_).now();
    try {
      const Id old = id_;
      // Cut off when it hangs, to be tried anew, and at once when the program is to end.
      within(
          kCleanupTime, [this](const StopToken& stop) { write(stop); }, timer_of(options_), end);
      superseded_.push_back(old);
      remove_superseded(end);
      hangs_ = false;
    } catch (const std::exception&) {
      hangs_ = end.stop_requested() && timer_of(options_).now() - start >= kShortCleanupTime;
    }
  }

  Repository& repository_;
  const Clock& clock_;
  LockOptions options_;
  std::function<void()> on_lost_;
  StopToken stop_;
  Id id_;
  bool hangs_ = false;          ///< the storage did, in a refresh that the end cut off
  std::vector<Id> superseded_;  ///< our own lock files that are to be removed
  /// Of the lock as it is stored.
  struct Freshness {
    Timestamp seen;          ///< what the clock said when it was last looked at
    milliseconds age{};      ///< then
    bool went_back = false;  ///< the clock, since the lock was written
  };
  Synchronized<Freshness> freshness_;
  std::once_flag told_;
  Timer::TimePoint settled_at_;
  std::mutex mutex_;
  std::condition_variable_any settled_;
  bool has_settled_ = false;
  std::exception_ptr failure_;  ///< what kept it from settling
  std::jthread thread_;
};

Lock::Lock(Repository& repository, const Clock& clock, const LockOptions& options,
           const std::function<void()>& on_lost, const StopToken& stop) {
  LockOptions attempt = options;
  attempt.settles_later = options.settles_later && options.retry_for <= milliseconds(0);
  const Timestamp start = clock.now();
  milliseconds pause = std::min<milliseconds>(options.retry_for, std::chrono::seconds(5));
  for (;;) {
    try {
      holder_ = std::make_unique<Holder>(repository, clock, attempt, on_lost, stop);
      return;
    } catch (const Error& error) {
      const milliseconds left = options.retry_for - since(start, clock.now());
      if (error.code() != ErrorCode::kLocked || left <= milliseconds(0)) throw;
      pause = std::min(pause, left);  // the last try is at the end of the time given
    }
    timer_of(options).require_wait(pause, stop);
    pause = std::min<milliseconds>(pause * 2, std::chrono::seconds(60));
  }
}

Lock::~Lock() = default;

void Lock::require_fresh() {
  holder_->require_settled();
  if (holder_->is_lost()) throw cancelled_error();
}

}  // namespace snapfs
