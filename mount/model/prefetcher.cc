// The prefetching threads.
#include "mount/model/prefetcher.h"

#include <algorithm>
#include <exception>

#include "fs/base/blocked_signals.h"

namespace snapfs {

Prefetcher::Prefetcher(BlobCache& blobs) : blobs_(blobs) {
  const BlockedSignals blocked;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this](const StopToken& stop) { work(stop); });
  }
}

void Prefetcher::want(const Id& blob) {
  if (blobs_.contains(blob)) return;
  {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(wishes_, blob) != wishes_.end()) return;
    if (wishes_.size() == kMaxWishes) wishes_.pop_front();
    wishes_.push_back(blob);
  }
  changed_.notify_one();
}

void Prefetcher::work(const StopToken& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !wishes_.empty(); })) return;
    const Id blob = wishes_.front();
    wishes_.pop_front();
    lock.unlock();
    try {
      blobs_.get(blob, stop);
    } catch (const std::exception&) {
      // Whoever reads the blob meets the same error, and reports it.
    }
  }
}

}  // namespace snapfs
