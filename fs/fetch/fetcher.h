// The way out: the threads that wait for storage, and what they do next. Users say which blobs they
// want by a FetchSource; how many requests are under way, how much memory they take and who comes
// first is decided here alone. Single blobs that somebody waits for are Repository's.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "fs/backend/load_purpose.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/fetched_blob.h"
#include "fs/fetch/pack_run.h"
#include "fs/format/blob.h"
#include "fs/format/huge_blob.h"

namespace snapfs {

class Repository;

/// A blob, and what its source knows it by.
struct WantedBlob {
  BlobHandle handle;
  std::size_t tag = 0;
  std::optional<BlobLocation> place;  ///< nothing: wherever the index says
};

/// Says which blobs are wanted, and takes them.
class FetchSource {
 public:
  virtual ~FetchSource() = default;

  /// Appends the blobs to be loaded next, some dozens, so that neighbours are loaded together; none
  /// when there is nothing to load at present: Fetcher::Feed::more() says when there is again. One
  /// call at a time, under a lock: of the fetcher it must not call anything but find().
  virtual void next(std::vector<WantedBlob>& batch) = 0;

  /// The run is about to be loaded. What nobody wants any more may be taken out of it. Several
  /// calls at once.
  virtual void starting(PackRun& run) { static_cast<void>(run); }

  /// A blob that next() named, and starting() left. Several calls at once, but of huge blobs, by
  /// what the index says, only as many as HugeBlobs has room for. It may load single blobs
  /// by Repository::load_blob, but not wait for another source of the same fetcher. What it throws
  /// ends the feed, unless that goes on after failures.
  virtual void take(const FetchedBlob& blob) = 0;

  /// Whether the feed goes on after a failure, which may be a moment without memory: for what is
  /// only a guess. What next() threw for once it must not name again.
  virtual bool goes_on_after_failures() const noexcept { return false; }

  /// Of a feed that goes on: this will not be taken, if it was not yet. Several calls at once, some
  /// of them under a lock: it must not call the fetcher.
  virtual void dropped(std::size_t tag) noexcept { static_cast<void>(tag); }

  /// The feed has ended early: what was named and not taken will not come. Called once.
  virtual void failed(const std::exception_ptr& failure) noexcept { static_cast<void>(failure); }
};

/// Thread-safe. Has threads from the first wish on, as many as the system gives; without any, those
/// who wait do the work.
class Fetcher {
 public:
  /// The repository must outlive it. As many requests as the storage likes; sealed bytes take at
  /// most kMaxBytes, or one run.
  explicit Fetcher(Repository& repository);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  static constexpr std::uint64_t kMaxBytes = 32 << 20;

  Repository& repository() const noexcept { return repository_; }

  /// Where one copy of the blob lies; nothing when it is in no index.
  std::optional<BlobLocation> find(const BlobHandle& blob) const;

  /// How many runs can be under way at once.
  unsigned requests() const noexcept { return requests_; }

  /// Whether storage is so near that whoever opens a blob may as well load it.
  bool is_near() const noexcept { return is_near_; }

  /// While it lives, the fetcher loads what the source wants. Destroying it drops what was not
  /// begun, cancels what is under way, and waits for that to end.
  class Feed {
   public:
    /// All must outlive it. `stop` cancels everything for good. Nothing happens before more().
    Feed(Fetcher& fetcher, FetchSource& source, Urgency urgency, const StopToken& stop);
    ~Feed();
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    /// The source has something to load, or something again.
    void more();

    /// Until all that the source wants is taken. Rethrows what ended the feed. Where storage is
    /// near, and where there are no threads, the calling thread does its part of the work.
    void wait();

    /// more() and wait(): no thread is started for what the calling one does.
    void run();

    /// Cancels what is under way, and everything for good; does not wait.
    void cancel() noexcept { stop_.request_stop(); }

    /// Takes a run in the calling thread, which waits for it; false when there is nothing to take.
    bool work();

    /// The same if there are no threads that would; false when there are.
    bool help();

    const StopToken& stop() const noexcept { return token_; }

   private:
    friend Fetcher;

    struct Job {
      PackRun run;
      bool stored = true;
    };

    bool is_idle() const noexcept {
      return running_ == 0 && (closed_ || failure_ || (dry_ && ready_.empty()));
    }

    Fetcher& fetcher_;
    FetchSource& source_;
    const Urgency urgency_;
    StopSource stop_;
    const StopToken token_ = stop_.get_token();
    std::optional<std::stop_callback<std::function<void()>>> stop_with_caller_;

    // Under the fetcher's lock.
    std::deque<Job> ready_;
    std::size_t running_ = 0;
    bool dry_ = true;      ///< the source named nothing when it was asked last
    bool closed_ = false;  ///< nothing more is begun
    std::exception_ptr failure_;
  };

 private:
  using Lock = std::unique_lock<std::mutex>;

  void start_threads();
  void wake_one();
  bool waiters_work() const noexcept { return threads_.empty() || is_near(); }
  void work(const std::stop_token& stop);
  Feed* pick();
  bool plan(Feed& feed);
  void carry_out(Feed& feed, Urgency urgency, Lock& lock);
  void name_runs(Feed& feed, std::vector<WantedBlob>& batch) const;
  void take_all(Feed& feed, const LoadedRun& loaded);
  template <class Blobs>
  static void fail(Feed& feed, const std::exception_ptr& failure, const Blobs& lost) noexcept;

  Repository& repository_;
  const unsigned cores_;
  const unsigned requests_;
  const bool is_near_;
  const RunLimits data_limits_;
  const RunLimits tree_limits_;

  HugeBlobs huge_blobs_;  ///< that are being taken
  std::mutex mutex_;
  std::condition_variable work_;      ///< there may be something to do
  std::condition_variable room_;      ///< one core more is free
  std::condition_variable progress_;  ///< for those who wait: a feed is idle, or they could work
  std::vector<Feed*> feeds_;          ///< the most urgent first
  const unsigned threads_wanted_;
  unsigned waiting_ = 0;     ///< threads that have nothing to do
  unsigned helpers_ = 0;     ///< callers of wait() that would work, and have nothing to do
  unsigned under_way_ = 0;   ///< requests
  unsigned opening_ = 0;     ///< threads that open blobs
  std::uint64_t bytes_ = 0;  ///< of runs under way, or being opened
  unsigned runners_ = 0;     ///< callers of run()
  unsigned asked_for_ = 0;   ///< threads; the system may have given fewer
  std::vector<std::jthread> threads_;
};

}  // namespace snapfs
