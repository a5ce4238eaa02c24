// A blob is claimed when its run is about to be loaded, not before: who needs it meanwhile loads it
// himself rather than wait behind what others may want. What is claimed is taken, loaded or not.
#include "fs/fetch/prefetcher.h"

namespace snapfs {

void Prefetcher::want(PrefetchTarget& target, std::vector<Id> blobs, const StopToken& cancel,
                      bool first) {
  std::erase_if(blobs, [&](const Id& blob) { return !target.wants(blob); });
  if (blobs.empty()) return;
  {
    Wish wish{&target, std::move(blobs), cancel};
    const std::lock_guard lock(mutex_);
    if (first) {
      wishes_.push_front(std::move(wish));
      if (wishes_.size() > kMaxWishes) wishes_.pop_back();
    } else {
      wishes_.push_back(std::move(wish));
      if (wishes_.size() > kMaxWishes) wishes_.pop_front();
    }
  }
  feed_.more();
}

void Prefetcher::next(std::vector<WantedBlob>& batch) {
  const std::lock_guard lock(mutex_);
  while (batch.empty() && !wishes_.empty()) {
    const Wish wish = std::move(wishes_.front());
    wishes_.pop_front();
    if (wish.cancel.stop_requested()) continue;
    batch.reserve(wish.blobs.size());  // so that all that fly are in it, whatever fails
    for (const Id& blob : wish.blobs) {
      flying_.emplace(++last_tag_, Flight{wish.target, wish.cancel, nullptr});
      batch.push_back({{wish.target->blob_type(), blob}, last_tag_, {}});
    }
  }
}

void Prefetcher::starting(PackRun& run) {
  std::vector<StoredBlob> blobs = std::exchange(run.blobs, {});
  best_effort([&] {
    run.blobs.reserve(blobs.size());
    const std::lock_guard lock(mutex_);
    for (const StoredBlob& blob : blobs) {
      Flight& flight = flying_.at(blob.tag);
      if (!flight.cancel.stop_requested()) flight.delivery = flight.target->claim(blob.handle.id);
      if (flight.delivery) run.blobs.push_back(blob);
    }
  });
  const std::lock_guard lock(mutex_);
  std::erase_if(
      blobs, [this](const StoredBlob& blob) { return flying_.at(blob.tag).delivery != nullptr; });
  for (const StoredBlob& blob : blobs) flying_.erase(blob.tag);
}

void Prefetcher::take(const FetchedBlob& blob) {
  const Flight flight = [&] {
    const std::lock_guard lock(mutex_);
    return std::move(flying_.extract(blob.tag()).mapped());
  }();
  // Whoever needs the blob meets the same error, and reports it.
  best_effort([&] { flight.delivery->deliver(blob.open_this()); });
}

/// Lets others load it.
void Prefetcher::dropped(std::size_t tag) noexcept {
  decltype(flying_)::node_type flight;
  const std::lock_guard lock(mutex_);
  flight = flying_.extract(tag);
}

}  // namespace snapfs
