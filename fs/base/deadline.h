// A stop that comes by itself: for what is cleaned up although, or because, the run was asked to
// stop. The run's own token would cut it off, and with none at all storage that hangs would keep
// the program from ending.
#pragma once

#include <chrono>
#include <stop_token>
#include <thread>
#include <utility>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/base/timer.h"

namespace snapfs {

/// How long the end of a run may take to put away what would be in the way of others. After a
/// Ctrl-C that is less: see "last call" at those who put something away.
inline constexpr std::chrono::seconds kCleanupTime{30};

/// Requests a stop of its token when its time is over.
class Deadline {
 public:
  /// The timer must outlive it. Where no thread can be started only `earlier` stops the token: it
  /// does so before the time is over.
  explicit Deadline(std::chrono::milliseconds limit, Timer& timer = steady_timer(),
                    const StopToken& earlier = {});
  ~Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  StopToken token() const { return source_.get_token(); }
  bool passed() const { return source_.stop_requested(); }

 private:
  struct Request {
    StopSource& source;
    void operator()() const { source.request_stop(); }
  };

  StopSource source_;
  std::stop_callback<Request> earlier_;
  std::jthread thread_;
};

/// The Error that says storage did not answer in that time.
Error late_error(std::chrono::milliseconds limit);

/// Calls `work` with a token that stops after `limit`, or with `earlier`. When that is what ended
/// the work, throws Error{kUnavailable} saying so.
template <class Work>
decltype(auto) within(std::chrono::milliseconds limit, const Work& work,
                      Timer& timer = steady_timer(), const StopToken& earlier = {}) {
  const Deadline deadline(limit, timer, earlier);
  try {
    return work(deadline.token());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled || !deadline.passed()) throw;
    throw late_error(limit);
  }
}

}  // namespace snapfs
