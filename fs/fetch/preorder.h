// A tree of things that are made of stored blobs, such as directories, handed out in its order
// while those that come next are on their way. For printing or writing a directory tree; where the
// order does not matter, use fs/fetch/blob_walk.h.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/fetcher.h"

namespace snapfs {

/// How far ahead of its user a Preorder loads.
struct AheadLimits {
  std::size_t max_values = 256;       ///< that come next
  std::size_t max_weight = 64 << 10;  ///< of those that were not taken, about

  /// What hides the latency of the storage.
  static AheadLimits of(const Fetcher& fetcher) {
    return fetcher.is_near() ? AheadLimits{} : AheadLimits{2048, 256 << 10};
  }
};

/// The values of a tree's keys in preorder: a key, then what is below its first child, then what is
/// below its second one. To be used by one thread; its functions are called from several.
template <class Key, class Value>
class Preorder final : private FetchSource {
 public:
  /// What a key comes to.
  struct Loaded {
    Value value{};
    std::vector<Key> children;  ///< of which the values will be taken, in this order
    std::size_t weight = 1;
  };
  /// The blobs that it takes; none for a key without children. Called under a lock.
  using BlobsOf = std::function<std::vector<BlobHandle>(const Key& key)>;
  /// `blobs` are those, in plaintext.
  using Load = std::function<Loaded(const Key& key, std::vector<Bytes>&& blobs)>;

  /// The fetcher must outlive it.
  Preorder(Fetcher& fetcher, Key root, BlobsOf blobs_of, Load load, const StopToken& stop,
           const AheadLimits& limits)
      : blobs_of_(std::move(blobs_of)),
        load_(std::move(load)),
        limits_(limits),
        batch_(fetcher.is_near() ? kBatch : kFarBatch),
        pressing_(fetcher.requests()),
        feed_(fetcher, *this, Urgency::kAhead, stop) {
    entries_.emplace_back(std::move(root));
    feed_.more();
  }

  /// The next key's value. Throws what loading it threw: then it has no children, and the next call
  /// gives what comes after it. Not to be called when there is nothing left.
  Value take() {
    std::unique_lock lock(mutex_);
    const Place first = entries_.begin();
    while (first->state != State::kLoaded && !failure_) {
      // What nobody began yet is begun here: whoever waits for it need not wait for others.
      const bool is_begun = first->state == State::kLoading;
      lock.unlock();
      const bool worked = is_begun ? feed_.help() : feed_.work();
      lock.lock();
      if (!worked && first->state == State::kLoading && !failure_) loaded_.wait(lock);
    }
    if (first->state != State::kLoaded) std::rethrow_exception(failure_);
    std::list<Entry> taken;
    taken.splice(taken.begin(), entries_, first);
    weight_ -= first->loaded.weight;
    // Some at a time, so that neighbours are loaded together.
    const bool enough =
        ++taken_ >= batch_ || entries_.empty() || entries_.front().state == State::kWaiting;
    if (enough) {
      go_on(lock);
    } else {
      lock.unlock();
    }
    if (first->error) std::rethrow_exception(first->error);
    return std::move(first->loaded.value);
  }

 private:
  enum class State { kWaiting, kLoading, kLoaded };
  struct Entry {
    explicit Entry(Key entry_key) : key(std::move(entry_key)) {}
    Key key;
    State state = State::kWaiting;
    std::vector<Bytes> blobs;
    std::size_t missing = 0;  ///< of the blobs
    Loaded loaded;
    std::exception_ptr error;
  };
  using Place = typename std::list<Entry>::iterator;

  /// Keys that are named at once, at most.
  static constexpr std::size_t kBatch = 16;
  static constexpr std::size_t kFarBatch = 512;

  /// The first ones that nobody began. Where what is loaded is heavy enough, only those that will
  /// be wanted at once: their parents' siblings may be what is heavy.
  void next(std::vector<WantedBlob>& batch) override {
    const std::lock_guard lock(mutex_);
    std::size_t position = 0;
    for (Place place = entries_.begin(); place != entries_.end(); ++place, ++position) {
      const bool has_room = position < limits_.max_values && weight_ < limits_.max_weight;
      if ((!has_room && position >= pressing_) || batch.size() >= batch_) break;
      if (place->state == State::kWaiting) begin(place, batch);
    }
    hungry_ = batch.empty();
    taken_ = 0;
  }

  void take(const FetchedBlob& blob) override {
    Bytes plain;
    std::exception_ptr error;
    try {
      plain = blob.open();
    } catch (...) {
      error = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    const auto [place, index] = flying_.extract(blob.tag()).mapped();
    place->blobs[index] = std::move(plain);
    if (error) place->error = error;
    if (--place->missing == 0) finish(place, lock);
  }

  void failed(const std::exception_ptr& failure) noexcept override {
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    loaded_.notify_one();
  }

  /// Under the lock.
  void begin(Place place, std::vector<WantedBlob>& batch) {
    const std::vector<BlobHandle> blobs = blobs_of_(place->key);
    if (blobs.empty()) {
      place->loaded = load_(place->key, {});
      weight_ += place->loaded.weight;
      place->state = State::kLoaded;
      loaded_.notify_one();
      return;
    }
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      batch.push_back({blobs[i], ++last_tag_, {}});
      flying_.emplace(last_tag_, std::pair(place, i));
    }
    place->blobs.resize(blobs.size());
    place->missing = blobs.size();
    place->state = State::kLoading;
  }

  /// All its blobs are there, or what went wrong. Gives the lock up.
  void finish(Place place, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    Loaded loaded;
    std::list<Entry> children;
    if (!place->error) {
      try {
        loaded = load_(place->key, std::move(place->blobs));
        for (Key& child : loaded.children) children.emplace_back(std::move(child));
        loaded.children = {};
      } catch (...) {
        children.clear();
        loaded = {};
        place->error = std::current_exception();
      }
    }
    lock.lock();
    place->blobs = {};
    place->loaded = std::move(loaded);
    place->state = State::kLoaded;
    weight_ += place->loaded.weight;
    if (place == entries_.begin()) loaded_.notify_one();
    entries_.splice(std::next(place), children);
    go_on(lock);
  }

  /// There may be something to load again. Gives the lock up.
  void go_on(std::unique_lock<std::mutex>& lock) {
    const bool hungry = std::exchange(hungry_, false);
    lock.unlock();
    if (hungry) feed_.more();
  }

  const BlobsOf blobs_of_;
  const Load load_;
  const AheadLimits limits_;
  const std::size_t batch_;
  const std::size_t pressing_;
  std::mutex mutex_;
  std::condition_variable loaded_;  ///< the first entry is
  std::list<Entry> entries_;        ///< not taken, in preorder as far as it is known
  std::unordered_map<std::size_t, std::pair<Place, std::size_t>> flying_;  ///< blobs, by tag
  std::size_t last_tag_ = 0;
  std::size_t weight_ = 0;
  std::size_t taken_ = 0;  ///< since the fetcher asked last
  bool hungry_ = false;    ///< the fetcher was told that there is nothing
  std::exception_ptr failure_;
  Fetcher::Feed feed_;  ///< the last member: ends before the others
};

}  // namespace snapfs
