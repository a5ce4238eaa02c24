// Says that the calling thread is about to do something slow (wait for storage, decode), to whoever
// runs the thread: a server lets another thread take the next request meanwhile.
#pragma once

#include <utility>

namespace snapfs {

/// Told about slow work of the thread that made it. Must not throw.
class BlockingListener {
 public:
  virtual ~BlockingListener() = default;

  /// In the listener's thread, perhaps several times in a row.
  virtual void about_to_block() noexcept = 0;
};

namespace detail {
inline thread_local BlockingListener* blocking_listener = nullptr;
}  // namespace detail

/// Costs nothing where nobody listens.
inline void hint_blocking() noexcept {
  if (detail::blocking_listener != nullptr) detail::blocking_listener->about_to_block();
}

/// The calling thread's hints go to `listener` while it lives.
class ScopedBlockingListener {
 public:
  explicit ScopedBlockingListener(BlockingListener& listener) noexcept
      : before_(std::exchange(detail::blocking_listener, &listener)) {}
  ~ScopedBlockingListener() { detail::blocking_listener = before_; }
  ScopedBlockingListener(const ScopedBlockingListener&) = delete;
  ScopedBlockingListener& operator=(const ScopedBlockingListener&) = delete;

 private:
  BlockingListener* before_;
};

}  // namespace snapfs
