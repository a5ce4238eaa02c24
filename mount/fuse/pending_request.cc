#include "mount/fuse/pending_request.h"

#include <cerrno>
#include <new>

#include "mount/fuse/errno_guard.h"

namespace snapfs {

namespace {

/// Called while the request is sure to be there, with a lock of libfuse's for this request alone.
void interrupted(fuse_req_t req, void* watch) { static_cast<RequestWatch*>(watch)->interrupt(req); }

}  // namespace

void PendingRequest::about_to_block() noexcept {
  if (ticket_ || taken_) return;
  try {
    const auto asker = static_cast<pid_t>(fuse_req_ctx(req_)->pid);
    fuse_req_interrupt_func(req_, interrupted, &watch_);
    ticket_ = watch_.add([&] {
      // A signal that came before is not told of again.
      return RequestWatch::Request{req_, asker, RequestWatch::Clock::now(),
                                   fuse_req_interrupted(req_) != 0};
    });
  } catch (const std::bad_alloc&) {
    // It waits for as long as it takes.
  }
}

bool PendingRequest::take() noexcept {
  if (taken_) return true;
  taken_ = !ticket_ || watch_.take(*ticket_);
  return taken_;
}

void answer_with_error(void* request, int error) noexcept {
  if (error == ETIMEDOUT) {
    log_mount("request", "the storage does not answer: a program was told that its time is up");
  }
  fuse_reply_err(static_cast<fuse_req_t>(request), error);
}

}  // namespace snapfs
