// A timer that no time passes by itself. Only a header, so that any test can include it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "fs/base/timer.h"

namespace snapfs::test {

/// Waits end when a test moves the time on; thread-safe.
class ManualTimer final : public Timer {
 public:
  TimePoint now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  bool wait_until(TimePoint time, const StopToken& stop) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    const bool over = changed_.wait(lock, stop, [&] { return now_ >= time; });
    --waiting_;
    return over && !stop.stop_requested();
  }

  void advance(std::chrono::milliseconds by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
    changed_.notify_all();
  }

  /// Waits until so many threads wait for a time; false when they do not after 20 s, which is there
  /// to fail a test that would hang.
  [[nodiscard]] bool wait_until_waiting(std::size_t number) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_ >= number; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  TimePoint now_{};
  std::size_t waiting_ = 0;
};

/// Whoever waits moves the time on himself: nothing blocks, and the waits can be looked at. For one
/// thread.
class InstantTimer final : public Timer {
 public:
  TimePoint now() const override { return now_; }

  bool wait_until(TimePoint time, const StopToken& stop) override {
    if (stop.stop_requested()) return false;
    if (time > now_) {
      waits_.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(time - now_));
      now_ = time;
    }
    return true;
  }

  /// As what happens between two waits takes time.
  void advance(std::chrono::milliseconds by) { now_ += by; }

  const std::vector<std::chrono::milliseconds>& waits() const noexcept { return waits_; }

 private:
  TimePoint now_{};
  std::vector<std::chrono::milliseconds> waits_;
};

}  // namespace snapfs::test
