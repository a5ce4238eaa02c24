// The thread that moves the bytes of all requests of a client. Only for the sources of this folder.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "fs/backend/http/curl_handle.h"
#include "fs/backend/http/curl_transfer.h"
#include "fs/base/stop_token.h"
#include "fs/base/timer.h"

namespace snapfs {

/// Thread-safe.
class CurlLoop {
 public:
  /// So many connections are kept for later transfers. The timer must outlive it.
  CurlLoop(unsigned kept_connections, Timer& timer);

  /// Ends all transfers, and waits until their callers have left.
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// A caller's, for as long as he may touch what goes with the loop. Throws
  /// Error{kOutOfResources} when no thread can be started, kCancelled when the loop is ending.
  class Visit {
   public:
    explicit Visit(CurlLoop& loop);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    CurlLoop& loop_;
  };

  /// Carries the transfer out, once, and returns its response(); to be called during a visit.
  /// Throws Error{kCancelled} soon after a stop was requested.
  HttpResponse run(CurlTransfer& transfer, const StopToken& stop);

 private:
  struct Job;

  void start();
  void wake() noexcept;
  void work() noexcept;
  bool take_jobs();
  void move_bytes();
  template <class Predicate>
  void finish_if(const Predicate& is_to_end) noexcept;
  void finish(Job& job) noexcept;
  void finish(Job& job, CURLcode code) noexcept;
  void finish_all(const std::exception_ptr& reason) noexcept;
  int milliseconds_to_sleep() const;

  Timer& timer_;
  CurlMulti multi_;
  std::mutex mutex_;
  std::condition_variable woken_;  ///< while there is nothing to move
  std::condition_variable left_;
  std::vector<Job*> joining_;
  std::size_t callers_ = 0;
  bool is_closing_ = false;
  std::vector<Job*> active_;  ///< the thread's own
  std::jthread thread_;
};

}  // namespace snapfs
