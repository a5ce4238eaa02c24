// Requests that wait for storage. Their workers cannot be called back, so that somebody else
// answers when the time is up, or when whoever asked is being killed. Knows nothing of libfuse.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "fs/base/stop_token.h"

namespace snapfs {

/// Whether a signal that ends the process is on its way to the thread. False when that cannot be
/// seen, as of a thread in another PID namespace.
bool is_being_killed(pid_t thread) noexcept;

/// Thread-safe. What the worker does meanwhile goes on: it is shared with those who ask next.
class RequestWatch {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = std::uint64_t;

  struct Request {
    void* handle = nullptr;
    pid_t asker = 0;  ///< a thread; 0: unknown
    Clock::time_point begin;
    bool interrupted = false;  ///< a signal has reached the asker
  };

  struct Options {
    /// How long a request may wait; 0: for ever.
    std::chrono::milliseconds timeout{0};
    /// Answers with an error number. Called without a lock of ours.
    std::function<void(void* handle, int error)> answer;
    std::function<bool(pid_t thread)> is_killed = is_being_killed;
    /// Called when a signal has reached somebody who waits; may be empty. Without a lock of ours.
    std::function<void()> interrupted = {};
  };

  explicit RequestWatch(Options options) : options_(std::move(options)) {}
  RequestWatch(const RequestWatch&) = delete;
  RequestWatch& operator=(const RequestWatch&) = delete;

  /// From now on the request may be answered by others. `make` is called under the lock, so that
  /// nobody has answered it before it returns.
  template <class Make>
  Ticket add(const Make& make) {
    const std::lock_guard lock(mutex_);
    const Ticket ticket = ++last_ticket_;
    waiting_.emplace(ticket, make());
    added_.notify_one();
    return ticket;
  }

  /// Whether the request is still to be answered, and by nobody but the caller from now on.
  bool take(Ticket ticket) {
    const std::lock_guard lock(mutex_);
    return waiting_.erase(ticket) != 0;
  }

  /// A signal has reached the asker. A program that is being ended must not wait; one that only
  /// handles a signal must not find its read of a plain file cut off, which it does not expect. As
  /// long as the request waits, it is looked at again: the next signal is not told of.
  void interrupt(void* handle);

  /// Answers what has waited too long with ETIMEDOUT, and what nobody waits for any more with
  /// EINTR.
  void check(Clock::time_point now);

  /// Checks at every step while something waits, and calls `at_step` then. Until `stop`.
  void run(const StopToken& stop, const std::function<void()>& at_step);

  /// How many requests wait.
  std::size_t size() const;

 private:
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable_any added_;
  std::unordered_map<Ticket, Request> waiting_;
  Ticket last_ticket_ = 0;
};

}  // namespace snapfs
