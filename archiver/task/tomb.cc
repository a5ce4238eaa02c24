// Keeping the first error and passing the stop on.
#include "archiver/task/tomb.h"

#include "fs/base/error.h"

namespace snapfs {

Tomb::Tomb(const StopToken& parent) { parent_.emplace(parent, Cancel{this}); }

void Tomb::kill(std::exception_ptr error) noexcept {
  if (!error) error = std::make_exception_ptr(cancelled_error());
  {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  // Also for a second error: the first killer may not have come this far yet.
  source_.request_stop();
}

void Tomb::cancel() noexcept { kill(std::make_exception_ptr(cancelled_error())); }

void Tomb::rethrow_if_killed() const {
  std::exception_ptr error;
  {
    const std::lock_guard lock(mutex_);
    error = error_;
  }
  if (error) std::rethrow_exception(std::move(error));
}

}  // namespace snapfs
