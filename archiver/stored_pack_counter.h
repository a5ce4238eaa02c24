// Counts the packs that were stored, and lets a thread wait for more.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "fs/store/pack_writer.h"

namespace snapfs {

/// Thread-safe.
class StoredPackCounter final : public PackSink {
 public:
  /// Hands every pack on to `sink`, which stores it before it returns and outlives this.
  explicit StoredPackCounter(PackSink& sink) : sink_(sink) {}

  void submit(FinishedPack pack, StopToken stop) override {
    sink_.submit(std::move(pack), std::move(stop));
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    more_.notify_all();
  }

  std::uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  /// Blocks the calling thread until there are more than `seen`, for `at_most` that long, or until
  /// `stop` is requested.
  void wait_for_more(std::uint64_t seen, std::chrono::milliseconds at_most, const StopToken& stop) {
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, stop, at_most, [&] { return count_ > seen; });
  }

 private:
  PackSink& sink_;
  mutable std::mutex mutex_;
  std::condition_variable_any more_;
  std::uint64_t count_ = 0;
};

}  // namespace snapfs
