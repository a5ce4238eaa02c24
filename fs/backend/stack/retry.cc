// A call is made, and when the storage is unavailable, made again after a wait: a second, then
// twice as long each time up to a minute, each by chance up to half longer or shorter, so that many
// programs that lost the same server do not come back at the same moment; or as long as the server
// asked for, if that is longer. When the next wait would end beyond the budget the last failure is
// passed on instead. Loads remember that: the file's circuit is open, and it fails at once but for
// one call a minute, made once only, which closes the circuit when it is answered.
#include "fs/backend/stack/retry.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "fs/base/deadline.h"
#include "fs/base/error.h"

namespace snapfs {

using std::chrono::milliseconds;

std::string to_text(const RetryNotice& notice) {
  if (notice.fault.empty()) {
    return fmt::format("the storage answers again: {} succeeded after {} tries", notice.call,
                       notice.tries);
  }
  return fmt::format("{} failed and is tried again, first in {:.1f} s, for up to {} minutes: {}",
                     notice.call, std::chrono::duration<double>(notice.wait).count(),
                     std::chrono::ceil<std::chrono::minutes>(notice.budget).count(), notice.fault);
}

// The listener is called with the lock held, so that the end is not told before the beginning.

void RetryBackend::Outage::join(const RetryNotice& begin) {
  const auto waiting = waiting_.lock();
  if (++*waiting == 1 && listener_) listener_(begin);
}

void RetryBackend::Outage::leave() { --*waiting_.lock(); }

void RetryBackend::Outage::leave(const RetryNotice& end) {
  const auto waiting = waiting_.lock();
  if (--*waiting == 0 && listener_) listener_(end);
}

/// One call and its repetitions.
class RetryBackend::Attempts {
 public:
  Attempts(RetryBackend& retry, const std::string& what)
      : retry_(retry), what_(what), start_(retry.timer_.now()), pause_(retry.policy_.first_wait) {}
  ~Attempts() {
    if (waits_) retry_.outage_.leave();
  }
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;

  /// How often the call failed.
  unsigned failures() const noexcept { return failures_; }

  /// Waits until it may be made again; throws the failure when there is no time left for that.
  void wait_after(const Error& failure, const StopToken& stop) {
    ++failures_;
    const RetryPolicy& policy = retry_.policy_;
    const milliseconds wait = std::max(std::min(retry_.jittered(pause_), policy.longest_wait),
                                       failure.retry_after().value_or(milliseconds(0)));
    pause_ = std::min(pause_ * 2, policy.longest_wait);
    const auto spent = std::chrono::duration_cast<milliseconds>(retry_.timer_.now() - start_);
    if (wait > policy.budget - spent) give_up(failure, spent);
    if (!std::exchange(waits_, true)) {
      retry_.outage_.join({what_, failure.what(), wait, policy.budget, failures_});
    }
    retry_.timer_.require_wait(wait, stop);
  }

  void succeed() {
    if (!std::exchange(waits_, false)) return;
    retry_.outage_.leave({what_, {}, milliseconds(0), milliseconds(0), failures_ + 1});
  }

 private:
  [[noreturn]] void give_up(const Error& failure, milliseconds spent) const {
    throw Error(failure.code(),
                fmt::format("{} (given up after {} tries in {} s: run it again when the storage "
                            "answers)",
                            failure.what(), failures_,
                            std::chrono::duration_cast<std::chrono::seconds>(spent).count()),
                failure.subject());
  }

  RetryBackend& retry_;
  const std::string& what_;
  const Timer::TimePoint start_;
  milliseconds pause_;
  unsigned failures_ = 0;
  bool waits_ = false;  ///< counts in the outage
};

RetryBackend::RetryBackend(Backend& inner, RetryListener listener, const RetryPolicy& policy,
                           Timer& timer, std::uint32_t seed, StopToken last_call,
                           std::function<void()> permit_again)
    : inner_(inner),
      policy_(policy),
      timer_(timer),
      random_(seed),
      last_call_(std::move(last_call)),
      permit_again_(std::move(permit_again)),
      outage_(std::move(listener)) {}

/// `call` is given how often it has failed.
template <class Call>
auto RetryBackend::repeat(const std::string& what, const StopToken& stop, const Call& call) {
  Attempts attempts(*this, what);
  for (;;) {
    try {
      if constexpr (std::is_void_v<decltype(call(0U))>) {
        call(attempts.failures());
        return attempts.succeed();
      } else {
        auto result = call(attempts.failures());
        attempts.succeed();
        return result;
      }
    } catch (const Error& error) {
      if (!error.retryable()) throw;
      attempts.wait_after(error, stop);
    }
  }
}

milliseconds RetryBackend::jittered(milliseconds wait) {
  std::uniform_real_distribution<double> factor(1 - policy_.jitter, 1 + policy_.jitter);
  return milliseconds(
      static_cast<milliseconds::rep>(static_cast<double>(wait.count()) * factor(*random_.lock())));
}

void RetryBackend::create(const StopToken& stop) {
  repeat("creating the repository", stop, [&](unsigned /*failures*/) { inner_.create(stop); });
}

void RetryBackend::save(const FileKey& key, ByteView bytes, Content content,
                        const StopToken& stop) {
  // The config is the one file that takes the place of another, without which nothing can be read.
  const bool may_leave_part = !traits().saves_atomically && key.kind != FileKind::kConfig;
  try {
    repeat("saving " + describe(key), stop, [&](unsigned failures) {
      // A part is not removed first: such a removal could be carried out once more by the network,
      // when the file is there and somebody goes by it.
      const bool may_be_there = failures > 0 && may_leave_part;
      if (may_be_there && remains_of(key, bytes.size(), stop) == Remains::kWhole) return;
      if (failures > 0)
        require_permission(key);  // the last thing before: a look may take long, too
      inner_.save(key, bytes, content, stop);
    });
  } catch (const Error& error) {
    const bool was_cut_off = error.retryable() || error.code() == ErrorCode::kCancelled ||
                             error.code() == ErrorCode::kNoSpace;
    if (was_cut_off && may_leave_part) {
      try {
        // The caller's stop may be what cut it off.
        within(
            kCleanupTime,
            [&](const StopToken& end) {
              if (remains_of(key, bytes.size(), end) == Remains::kPart) remove_remains(key, end);
            },
            steady_timer(), last_call_);
      } catch (const std::exception&) {
        // What cut the save off is what there is to tell.
      }
    }
    throw;
  }
}

void RetryBackend::require_permission(const FileKey& key) const {
  if (permit_again_ && key.kind != FileKind::kLock) permit_again_();
}

/// A save may have been carried out although it failed, and others may go by the file already: from
/// an index that is whole they take it that blobs need not be stored again, a repair may have
/// listed a pack that is, and a snapshot or key was seen. Where nobody can tell, nothing is
/// removed.
RetryBackend::Remains RetryBackend::remains_of(const FileKey& key, std::size_t bytes,
                                               const StopToken& stop) {
  if (key.kind == FileKind::kLock) return Remains::kPart;  // nobody goes by one that was given up
  try {
    return inner_.size(key, stop) == bytes ? Remains::kWhole : Remains::kPart;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    return Remains::kUnknown;
  }
}

/// What is left over of a file that was not stored. Whoever stores it again replaces it, so that it
/// may stay if need be.
void RetryBackend::remove_remains(const FileKey& key, const StopToken& stop) {
  try {
    require_permission(key);
    inner_.remove(key, stop);
  } catch (const Error&) {
    throw_if_stopped(stop);
  }
}

/// Whether the file's circuit is open and this call is to find out whether it may be closed. Throws
/// when it is open and another call was.
bool RetryBackend::is_probe(const FileKey& key) {
  const auto circuits = open_circuits_.lock();
  const auto found = circuits->find(key);
  if (found == circuits->end()) return false;
  if (timer_.now() < found->second) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{} is not asked for again now, as the storage did not give it for "
                            "many minutes: see that {} answers",
                            describe(key), location()),
                key.id.hex());
  }
  found->second = timer_.now() + policy_.probe_every;
  return true;
}

Bytes RetryBackend::load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
                         const StopToken& stop) {
  throw_if_stopped(stop);
  const auto ask = [&](unsigned /*failures*/) { return inner_.load(key, range, purpose, stop); };
  const bool once = is_probe(key);
  try {
    Bytes bytes = once ? ask(0) : repeat("loading " + describe(key), stop, ask);
    open_circuits_.lock()->erase(key);
    return bytes;
  } catch (const Error& error) {
    if (error.retryable()) {
      open_circuits_.lock()->insert_or_assign(key, timer_.now() + policy_.probe_every);
    }
    throw;
  }
}

std::optional<std::uint64_t> RetryBackend::size(const FileKey& key, const StopToken& stop) {
  return repeat("asking for " + describe(key), stop,
                [&](unsigned /*failures*/) { return inner_.size(key, stop); });
}

std::vector<FileInfo> RetryBackend::list(FileKind kind, const StopToken& stop) {
  return repeat(fmt::format("listing {}/", directory_of(kind)), stop,
                [&](unsigned /*failures*/) { return inner_.list(kind, stop); });
}

void RetryBackend::remove(const FileKey& key, const StopToken& stop) {
  repeat("removing " + describe(key), stop, [&](unsigned failures) {
    if (failures > 0) require_permission(key);
    try {
      inner_.remove(key, stop);
    } catch (const Error& error) {
      if (failures == 0 || error.code() != ErrorCode::kNotFound) throw;
    }
  });
}

}  // namespace snapfs
