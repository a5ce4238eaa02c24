#include "fs/base/deadline.h"

#include <exception>

#include <fmt/format.h>

#include "fs/base/blocked_signals.h"

namespace snapfs {

Deadline::Deadline(std::chrono::milliseconds limit, Timer& timer, const StopToken& earlier)
    : earlier_(earlier, Request{source_}) {
  const BlockedSignals blocked;
  try {
    thread_ = std::jthread([this, &timer, end = timer.now() + limit](const StopToken& stop) {
      if (timer.wait_until(end, stop)) source_.request_stop();
    });
  } catch (const std::exception&) {
    // What is to be put away matters more than when.
  }
}

Error late_error(std::chrono::milliseconds limit) {
  return {ErrorCode::kUnavailable,
          fmt::format("the storage did not answer within {} s",
                      std::chrono::duration_cast<std::chrono::seconds>(limit).count())};
}

}  // namespace snapfs
