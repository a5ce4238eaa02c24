// What the fibers of one operation share: the first error, and the stop that it brings. A Tomb is
// no group of fibers; who runs them (worker_pool.h) joins them and then asks the tomb.
#pragma once

#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "fs/base/stop_token.h"

namespace snapfs {

/// One way out for everything that works on one operation. Killing keeps the first error and stops
/// the token; every channel and semaphore bound to the tomb then drops what it holds and sends all
/// waiters home. Thread-safe. Outlives everything bound to it.
class Tomb {
 public:
  Tomb() = default;

  /// A tomb that is killed with cancelled_error() when `parent` is stopped, in the thread that
  /// stops it (never from a signal handler: stopping a token takes locks).
  explicit Tomb(const StopToken& parent);

  Tomb(const Tomb&) = delete;
  Tomb& operator=(const Tomb&) = delete;

  /// Ends the operation. The first error wins, later ones are dropped; when this returns the tomb
  /// is no longer alive. An error that says kCancelled is weaker than others: whoever waits for one
  /// that fails, and is sent home, may come here before the failure itself does. Never call it
  /// inside a catch block: use `run`, or keep the exception_ptr, leave the block, then kill.
  void kill(std::exception_ptr error) noexcept;

  /// Kills with cancelled_error(), which no later error replaces: somebody wants the end.
  void cancel() noexcept;

  /// False from the first kill on.
  bool alive() const noexcept { return !source_.stop_requested(); }

  /// The token that the first kill stops.
  StopToken token() const noexcept { return source_.get_token(); }

  /// Throws the first error if there is one. Every operation ends with this, after joining.
  void rethrow_if_killed() const;

  /// Calls `body`; an exception that leaves it kills the tomb. True when there was none.
  /// The kill happens after the catch block: fibers share their thread's exception state, so
  /// nothing that might suspend may happen inside one.
  template <class Body>
  bool run(Body&& body) noexcept {
    std::exception_ptr error;
    try {
      std::forward<Body>(body)();
      return true;
    } catch (...) {
      error = std::current_exception();
    }
    kill(std::move(error));
    return false;
  }

 private:
  struct Cancel {
    Tomb* tomb;
    void operator()() const noexcept { tomb->cancel(); }
  };

  void keep(std::exception_ptr error, bool final) noexcept;

  StopSource source_;
  mutable std::mutex mutex_;
  std::exception_ptr error_;  // guarded by mutex_
  bool final_ = false;        // guarded by mutex_; whether error_ stays what it is
  std::optional<std::stop_callback<Cancel>> parent_;
};

}  // namespace snapfs
