// Loads blobs that will probably be asked for next, in threads of its own. Best effort: what it
// cannot do in time, or at all, the reader does itself and is told about.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "mount/model/blob_cache.h"

namespace snapfs {

/// Thread-safe. Destroying it cancels what is under way.
class Prefetcher {
 public:
  /// `blobs` must outlive the prefetcher.
  explicit Prefetcher(BlobCache& blobs);
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Returns at once. The oldest wish is dropped when there are too many.
  void want(const Id& blob);

 private:
  static constexpr unsigned kThreads = 2;
  static constexpr std::size_t kMaxWishes = 8;

  void work(const StopToken& stop);

  BlobCache& blobs_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Id> wishes_;
  std::vector<std::jthread> threads_;  ///< destroyed first, which stops and joins them
};

}  // namespace snapfs
