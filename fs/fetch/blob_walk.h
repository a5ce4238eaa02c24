// Blobs that lead to more blobs, such as directories, each as soon as it is there and in no order:
// where only each has to be met. Where the order matters, use fs/fetch/preorder.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/fetch/fetcher.h"

namespace snapfs {

/// Depth first, as far as several are not known at a time: the last ones found are loaded first, so
/// that few are known and not visited, and those of one directory, which lie side by side in a
/// pack, are loaded together. Memory: one Item for each that is known and not visited.
template <class Item>
class BlobWalk final : private FetchSource {
 public:
  /// Which blob stands for an item.
  using BlobOf = BlobHandle (*)(const Item& item);

  /// Looks at one blob, and appends to `next` what to go on with. Called by several threads at
  /// once. What it throws ends the walk.
  using Visit = std::function<void(Item& item, const FetchedBlob& blob, std::vector<Item>& next)>;

  /// Whether nothing more is to be visited for now: then run() ends early, and can be called again.
  using Pause = std::function<bool()>;

  /// The fetcher must outlive it.
  BlobWalk(Fetcher& fetcher, BlobOf blob_of, Visit visit, const StopToken& stop, Pause pause = {})
      : blob_of_(blob_of),
        visit_(std::move(visit)),
        pause_(std::move(pause)),
        most_(fetcher.is_near() ? kBatch : kFarBatch),
        shares_(fetcher.is_near() ? fetcher.requests() : 1),
        feed_(fetcher, *this, Urgency::kBulk, stop) {}

  /// To be visited: the first of them first.
  void add(std::vector<Item> items) {
    const std::lock_guard lock(mutex_);
    std::move(items.rbegin(), items.rend(), std::back_inserter(stack_));
  }

  /// Until all are visited. Rethrows the first exception when all calls of `visit` have ended.
  void run() { feed_.run(); }

  /// Whether there is nothing left to visit. Not to be called while it runs.
  bool empty() const noexcept { return stack_.empty(); }

 private:
  /// Blobs that are named at once, at most.
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kFarBatch = 1024;

  void next(std::vector<WantedBlob>& batch) override {
    const std::lock_guard lock(mutex_);
    hungry_ = stack_.empty() || (pause_ && pause_());
    if (hungry_) return;
    // Where storage is near, all threads get their share.
    const std::size_t count = std::min(most_, (stack_.size() + shares_ - 1) / shares_);
    for (std::size_t i = 0; i < count; ++i) {
      batch.push_back({blob_of_(stack_.back()), ++last_tag_, {}});
      flying_.emplace(last_tag_, std::move(stack_.back()));
      stack_.pop_back();
    }
  }

  void starting(PackRun& run) override {
    if (!pause_ || !pause_()) return;
    const std::lock_guard lock(mutex_);
    for (auto blob = run.blobs.rbegin(); blob != run.blobs.rend(); ++blob) {
      stack_.push_back(land(blob->tag));
    }
    run.blobs.clear();
  }

  void take(const FetchedBlob& blob) override {
    std::optional<Item> item;
    {
      const bool pauses = pause_ && pause_();
      const std::lock_guard lock(mutex_);
      item = land(blob.tag());
      if (pauses) return stack_.push_back(*std::move(item));
    }
    std::vector<Item> found;
    visit_(*item, blob, found);
    if (found.empty()) return;
    add(std::move(found));
    if (hungry_.exchange(false)) feed_.more();
  }

  /// Under the lock.
  Item land(std::size_t tag) { return std::move(flying_.extract(tag).mapped()); }

  const BlobOf blob_of_;
  const Visit visit_;
  const Pause pause_;
  const std::size_t most_;
  const std::size_t shares_;
  std::mutex mutex_;
  std::vector<Item> stack_;
  std::unordered_map<std::size_t, Item> flying_;  ///< by tag: named, and not taken
  std::size_t last_tag_ = 0;
  std::atomic<bool> hungry_ = false;  ///< the fetcher was told that there is nothing
  Fetcher::Feed feed_;                ///< the last member: ends before the others
};

}  // namespace snapfs
