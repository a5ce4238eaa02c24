#include "archiver/task/tomb.h"

#include "fs/base/error.h"

namespace snapfs {

namespace {

bool is_cancellation(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known.code() == ErrorCode::kCancelled;
  } catch (...) {
    return false;
  }
}

}  // namespace

Tomb::Tomb(const StopToken& parent) { parent_.emplace(parent, Cancel{this}); }

void Tomb::kill(std::exception_ptr error) noexcept {
  if (!error) error = std::make_exception_ptr(cancelled_error());
  const bool final = !is_cancellation(error);
  keep(std::move(error), final);
}

void Tomb::cancel() noexcept { keep(std::make_exception_ptr(cancelled_error()), true); }

void Tomb::keep(std::exception_ptr error, bool final) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!error_ || (final && !final_)) {
      error_ = std::move(error);
      final_ = final;
    }
  }
  // Also for a second error: the first killer may not have come this far yet.
  source_.request_stop();
}

void Tomb::rethrow_if_killed() const {
  std::exception_ptr error;
  {
    const std::lock_guard lock(mutex_);
    error = error_;
  }
  if (error) std::rethrow_exception(std::move(error));
}

}  // namespace snapfs
