// One of the threads that answer requests holds the baton: it alone waits for the next request, and
// answers it itself. It passes the baton on when an answer takes long. So a request that is
// answered from memory wakes one thread only, which is most of what such a request costs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace snapfs {

/// Thread-safe. A resource.
class Baton {
 public:
  /// Waits for the baton; false when it was withdrawn.
  bool take() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    free_.wait(lock, [this] { return !held_ || withdrawn(); });
    --waiting_;
    if (withdrawn()) return false;
    held_ = true;
    return true;
  }

  /// Lets another thread take it.
  void pass() noexcept {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    free_.notify_one();
  }

  /// Nobody can take it any more, and the thread that holds it should end.
  void withdraw() noexcept {
    {
      const std::lock_guard lock(mutex_);
      withdrawn_.store(true, std::memory_order_relaxed);
    }
    free_.notify_all();
  }

  /// Whether it lies there and nobody wants it: all are busy.
  bool is_abandoned() const {
    const std::lock_guard lock(mutex_);
    return !held_ && waiting_ == 0;
  }

  bool withdrawn() const noexcept { return withdrawn_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  std::condition_variable free_;
  bool held_ = false;
  unsigned waiting_ = 0;
  std::atomic<bool> withdrawn_{false};
};

}  // namespace snapfs
