// Loads blobs that will probably be asked for next, in threads of its own: those that lie near each
// other in a pack with one access to the storage. Best effort: what it cannot do in time, or at
// all, the one who needs it does, and is told about.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/blob.h"
#include "fs/index/pack_run.h"

namespace snapfs {

class Repository;

/// Where prefetched blobs go: a cache. Thread-safe.
class PrefetchTarget {
 public:
  /// The right to deliver one blob. Destroyed without delivery, it lets others load it.
  class Delivery {
   public:
    virtual ~Delivery() = default;
    /// `plain` is authenticated. Called at most once.
    virtual void deliver(Bytes plain) = 0;
  };

  virtual ~PrefetchTarget() = default;

  virtual BlobType blob_type() const noexcept = 0;

  /// Whether it is worth asking for the blob.
  virtual bool wants(const Id& blob) const = 0;

  /// Null when the blob is there or being loaded.
  virtual std::unique_ptr<Delivery> claim(const Id& blob) = 0;
};

/// For guesses about what will be wanted: failing to make one must never fail what led to it.
template <class Guess>
void best_effort(Guess&& guess) noexcept {
  try {
    std::forward<Guess>(guess)();
  } catch (const std::exception&) {
    // No memory, or nothing to guess from: whoever needs it loads it himself.
  }
}

/// Set when what was wished for is not useful any more.
using PrefetchCancel = std::shared_ptr<std::atomic<bool>>;

/// Thread-safe. Holds at most one run, and what it decodes to, a thread; has threads from the first
/// wish on, as many as the system gives. Destroying it cancels what is under way.
class Prefetcher {
 public:
  /// The repository must outlive it. `stop` cancels everything for good, so that nobody waits for
  /// what is under way.
  explicit Prefetcher(Repository& repository, const StopToken& stop = {},
                      unsigned threads = kThreads);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Returns at once. The blobs come about in the order given. `target` must outlive the
  /// prefetcher; `cancel` may be null. With `first`, before all wishes so far. The oldest wish is
  /// dropped when there are too many.
  void want(PrefetchTarget& target, std::vector<Id> blobs, PrefetchCancel cancel = nullptr,
            bool first = false);

 private:
  /// More than most machines have cores for decoding: storage that is far away is waited for.
  static constexpr unsigned kThreads = 4;
  static constexpr std::size_t kMaxWishes = 64;

  struct Wish {
    PrefetchTarget* target = nullptr;
    std::vector<Id> blobs;
    PrefetchCancel cancel;
  };
  struct Job {
    PrefetchTarget* target = nullptr;
    PackRun run;
    PrefetchCancel cancel;
  };

  void start_threads();
  void stop_all() noexcept;
  void work(const StopToken& stop);
  void plan(Wish wish);
  void load(const Job& job, const StopToken& stop);

  Repository& repository_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Wish> wishes_;
  std::deque<Job> jobs_;     ///< wishes that were planned; they go first
  unsigned wanted_threads_;  ///< to be started at the first wish
  std::vector<std::jthread> threads_;
  std::optional<std::stop_callback<std::function<void()>>> stop_with_caller_;
};

}  // namespace snapfs
