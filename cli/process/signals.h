// Ctrl-C and its relatives, turned into a stop token.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/base/synchronized.h"

namespace snapfs {

/// While it lives, the first SIGINT or SIGTERM requests a stop and another one ends the process at
/// once with status 130. Signals that come within `burst` of the first are one with it: timeout(1),
/// for one, signals the process and then its group. SIGXCPU requests a stop, too. Make it before
/// any other thread is started: they inherit the blocked signals, which one thread waits for.
class Signals {
 public:
  static constexpr std::chrono::milliseconds kPatience{650};  ///< until the last call

  explicit Signals(std::chrono::milliseconds burst = std::chrono::seconds(1),
                   std::chrono::milliseconds patience = kPatience);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  StopToken token() const noexcept { return source_.get_token(); }

  /// Stops so long after the first signal that whoever cleans up then has had the time for some
  /// round trips, and so soon that the process ends within a second of it.
  StopToken last_call() const noexcept { return last_call_.get_token(); }

  /// What SIGUSR1 runs, in a thread of this class, while it is set; empty: it is ignored. Returns
  /// when no earlier one runs any more. Thread-safe.
  void set_report(std::function<void()> report) { *report_.lock() = std::move(report); }

  /// Stops the command for another reason than a signal, such as a lost lock, or as if it had
  /// failed with this error itself. The first reason counts. Thread-safe.
  void stop_because(const std::string& reason);
  void stop_because(Error failure);

  /// The reason given to stop_because; nothing when there was none. That of a mere reason is
  /// kCancelled.
  std::optional<Error> failure() const { return *failure_.lock(); }

  /// What it says; empty when there was none.
  std::string reason() const {
    const std::optional<Error> known = failure();
    return known ? known->what() : "";
  }

 private:
  void wait_for_signals();

  const std::chrono::milliseconds burst_;
  const std::chrono::milliseconds patience_;
  StopSource source_;
  StopSource last_call_;
  Synchronized<std::optional<Error>> failure_;
  Synchronized<std::function<void()>> report_;
  std::thread thread_;
};

/// From now on the process outlives SIGHUP, which "unlock" on this host sends to see whether a
/// lock's process lives (FORMAT §12), and SIGPIPE and SIGXFSZ ("ulimit -f"), which would leave the
/// lock behind: what was to be written is an error.
void protect_locks_from_signals() noexcept;

}  // namespace snapfs
