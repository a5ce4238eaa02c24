// The request that a thread is answering: its own until it waits for storage, from then on whoever
// is first answers it (RequestWatch). Included by this folder's sources only.
#pragma once

#include <optional>
#include <utility>

#include "mount/fuse/libfuse.h"
#include "mount/fuse/request_watch.h"

namespace snapfs {

/// One a thread, for as long as the thread works on the request. A resource.
class PendingRequest {
 public:
  /// `watch` must outlive it.
  PendingRequest(RequestWatch& watch, fuse_req_t req) noexcept
      : watch_(watch), req_(req), before_(std::exchange(current_, this)) {}
  ~PendingRequest() { current_ = before_; }
  PendingRequest(const PendingRequest&) = delete;
  PendingRequest& operator=(const PendingRequest&) = delete;

  /// The calling thread's; null when it has none.
  static PendingRequest* current() noexcept { return current_; }

  /// The thread is going to wait: others may answer, unless the answer is on its way.
  void about_to_block() noexcept;

  /// Whether the thread is to answer. When it is not, the request is gone, and must not be touched.
  bool take() noexcept;

 private:
  static inline thread_local PendingRequest* current_ = nullptr;

  RequestWatch& watch_;
  const fuse_req_t req_;
  PendingRequest* const before_;
  std::optional<RequestWatch::Ticket> ticket_;
  bool taken_ = false;
};

/// What RequestWatch answers with.
void answer_with_error(void* request, int error) noexcept;

}  // namespace snapfs
