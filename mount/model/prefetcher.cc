#include "mount/model/prefetcher.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "fs/base/blocked_signals.h"
#include "fs/repo/repository.h"

namespace snapfs {

namespace {

bool is_cancelled(const PrefetchCancel& cancel) noexcept {
  return cancel && cancel->load(std::memory_order_relaxed);
}

/// The copies of a run's blobs that nobody else loads, with the right to deliver them.
struct ClaimedRun {
  PackRun run;
  std::vector<std::unique_ptr<PrefetchTarget::Delivery>> deliveries;
};

ClaimedRun claim(PrefetchTarget& target, const PackRun& run) {
  ClaimedRun result;
  result.run.pack = run.pack;
  for (const StoredBlob& blob : run.blobs) {
    if (auto delivery = target.claim(blob.handle.id)) {
      result.run.blobs.push_back(blob);
      result.deliveries.push_back(std::move(delivery));
    }
  }
  return result;
}

}  // namespace

Prefetcher::Prefetcher(Repository& repository, const StopToken& stop, unsigned threads)
    : repository_(repository), wanted_threads_(threads) {
  stop_with_caller_.emplace(stop, [this] { stop_all(); });
}

Prefetcher::~Prefetcher() {
  stop_with_caller_.reset();
  stop_all();
}

/// At the first wish, so that those who cannot do without threads got theirs before. Under the
/// lock.
void Prefetcher::start_threads() {
  if (wanted_threads_ == 0) return;
  const BlockedSignals blocked;
  try {
    for (; wanted_threads_ > 0; --wanted_threads_) {
      threads_.emplace_back([this](const StopToken& stop) { work(stop); });
    }
  } catch (const std::system_error&) {
    wanted_threads_ = 0;  // fewer, or none, have to do
  }
}

/// All at once: each may be waiting for storage that is far away.
void Prefetcher::stop_all() noexcept {
  const std::lock_guard lock(mutex_);
  wanted_threads_ = 0;
  for (std::jthread& thread : threads_) thread.request_stop();
}

void Prefetcher::want(PrefetchTarget& target, std::vector<Id> blobs, PrefetchCancel cancel,
                      bool first) {
  std::erase_if(blobs, [&](const Id& blob) { return !target.wants(blob); });
  if (blobs.empty()) return;
  {
    Wish wish{&target, std::move(blobs), std::move(cancel)};
    const std::lock_guard lock(mutex_);
    start_threads();
    if (threads_.empty()) return;
    if (first) {
      wishes_.push_front(std::move(wish));
      if (wishes_.size() > kMaxWishes) wishes_.pop_back();
    } else {
      wishes_.push_back(std::move(wish));
      if (wishes_.size() > kMaxWishes) wishes_.pop_front();
    }
  }
  changed_.notify_one();
}

void Prefetcher::work(const StopToken& stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto something = [this] { return !wishes_.empty() || !jobs_.empty(); };
    if (!changed_.wait(lock, stop, something)) return;
    try {
      if (!jobs_.empty()) {
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        if (!is_cancelled(job.cancel)) load(job, stop);
      } else {
        Wish wish = std::move(wishes_.front());
        wishes_.pop_front();
        lock.unlock();
        if (!is_cancelled(wish.cancel)) plan(std::move(wish));
      }
    } catch (const std::exception&) {
      // Whoever needs the blob meets the same error, and reports it.
    }
  }
}

/// Turns a wish into runs for all threads.
void Prefetcher::plan(Wish wish) {
  std::vector<StoredBlob> copies;
  copies.reserve(wish.blobs.size());
  for (const Id& blob : wish.blobs) {
    const BlobHandle handle{wish.target->blob_type(), blob};
    const std::vector<BlobLocation> locations = repository_.index().find(handle);
    if (!locations.empty()) copies.push_back({handle, locations.front()});
  }
  std::vector<PackRun> runs = plan_runs(std::move(copies));
  {
    const std::lock_guard lock(mutex_);
    for (PackRun& run : runs) jobs_.push_back({wish.target, std::move(run), wish.cancel});
  }
  changed_.notify_all();
}

void Prefetcher::load(const Job& job, const StopToken& stop) {
  ClaimedRun claimed = claim(*job.target, job.run);
  if (claimed.run.blobs.empty()) return;
  const Bytes stored = repository_.load_run(claimed.run, stop);
  for (std::size_t i = 0; i < claimed.run.blobs.size(); ++i) {
    if (stop.stop_requested()) return;
    try {
      claimed.deliveries[i]->deliver(
          repository_.open_blob(claimed.run, claimed.run.blobs[i], stored));
    } catch (const std::exception&) {
      claimed.deliveries[i].reset();  // the others of the run may be intact
    }
  }
}

}  // namespace snapfs
