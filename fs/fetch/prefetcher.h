// Blobs that will probably be asked for next, on their way to a cache. Best effort: what cannot be
// had in time, or at all, the one who needs it loads, and is told about.
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/fetcher.h"
#include "fs/format/blob.h"

namespace snapfs {

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

/// Keeps what was wished with its token wanted as long as it lives. Movable.
class PrefetchTicket {
 public:
  PrefetchTicket() = default;
  PrefetchTicket(PrefetchTicket&&) = default;
  PrefetchTicket& operator=(PrefetchTicket&& other) noexcept {
    cancel_.request_stop();
    cancel_ = std::exchange(other.cancel_, StopSource(std::nostopstate));  // takes no memory
    return *this;
  }
  ~PrefetchTicket() { cancel_.request_stop(); }

  StopToken token() {
    if (!cancel_.stop_possible()) cancel_ = StopSource();
    return cancel_.get_token();
  }

  /// What was wished stays wanted for good.
  void keep() noexcept { cancel_ = StopSource(std::nostopstate); }

 private:
  StopSource cancel_{std::nostopstate};  ///< most tickets are never asked: it takes no memory
};

/// Thread-safe.
class Prefetcher final : private FetchSource {
 public:
  /// The fetcher must outlive it. `stop` cancels everything for good, so that nobody waits for what
  /// is under way.
  Prefetcher(Fetcher& fetcher, Urgency urgency, const StopToken& stop)
      : feed_(fetcher, *this, urgency, stop) {}
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Returns at once. The blobs come about in the order given; what was not begun when `cancel` is
  /// requested does not. `target` must outlive the prefetcher. With `first`, before all wishes so
  /// far. The oldest wish is dropped when there are too many.
  void want(PrefetchTarget& target, std::vector<Id> blobs, const StopToken& cancel = {},
            bool first = false);

 private:
  static constexpr std::size_t kMaxWishes = 64;

  struct Wish {
    PrefetchTarget* target = nullptr;
    std::vector<Id> blobs;
    StopToken cancel;
  };
  struct Flight {
    PrefetchTarget* target = nullptr;
    StopToken cancel;
    std::unique_ptr<PrefetchTarget::Delivery> delivery;  ///< from the moment that it is loaded
  };

  void next(std::vector<WantedBlob>& batch) override;
  void starting(PackRun& run) override;
  void take(const FetchedBlob& blob) override;
  bool goes_on_after_failures() const noexcept override { return true; }
  void dropped(std::size_t tag) noexcept override;

  std::mutex mutex_;
  std::deque<Wish> wishes_;
  std::unordered_map<std::size_t, Flight> flying_;  ///< blobs, by tag
  std::size_t last_tag_ = 0;
  Fetcher::Feed feed_;  ///< the last member: ends before the others
};

}  // namespace snapfs
