// A tree of things that are made of stored blobs, such as directories, handed out in its order
// while those that come next are on their way. For printing or writing a directory tree; where the
// order does not matter, use fs/fetch/blob_walk.h.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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
  std::size_t max_values = 256;  ///< that come next
  /// Of those that were not taken, and of the blobs of those that are on their way; as much again
  /// where that keeps what will be wanted at once from being loaded.
  std::uint64_t max_bytes = 16 << 20;

  /// What hides the latency of the storage.
  static AheadLimits of(const Fetcher& fetcher) {
    return fetcher.is_near() ? AheadLimits{} : AheadLimits{2048, Fetcher::kMaxBytes};
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
    std::uint64_t bytes = 0;    ///< memory that the value takes, about
  };
  /// The blobs that it takes; none for a key without children, which is loaded when it is taken.
  /// Called under a lock.
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
        fetcher_(fetcher),
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
      if (first->state == State::kWithoutBlobs) {
        finish(first, lock);
        lock.lock();
        continue;
      }
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
    bytes_ -= first->bytes;
    // Some at a time, so that neighbours are loaded together.
    const bool has_room_again = is_full_ && bytes_ <= limits_.max_bytes / 2;
    const bool enough = ++taken_ >= batch_ || has_room_again || entries_.empty() ||
                        entries_.front().state == State::kWaiting;
    if (enough) {
      go_on(lock);
    } else {
      lock.unlock();
    }
    if (first->error) std::rethrow_exception(first->error);
    return std::move(first->loaded.value);
  }

 private:
  enum class State { kWaiting, kWithoutBlobs, kLoading, kLoaded };
  struct Entry {
    explicit Entry(Key entry_key) : key(std::move(entry_key)) {}
    Key key;
    State state = State::kWaiting;
    std::vector<Bytes> blobs;
    std::size_t missing = 0;  ///< of the blobs
    std::uint64_t bytes = 0;  ///< of the blobs, as the index says, then of the value
    Loaded loaded;
    std::exception_ptr error;
  };
  using Place = typename std::list<Entry>::iterator;

  /// Keys that are named at once, at most.
  static constexpr std::size_t kBatch = 16;
  static constexpr std::size_t kFarBatch = 512;

  /// The first ones that nobody began. Where there is no room for more, only those that will be
  /// wanted at once: their parents' siblings may be what takes it.
  void next(std::vector<WantedBlob>& batch) override {
    const std::lock_guard lock(mutex_);
    const std::size_t most = std::max(limits_.max_values, pressing_);
    is_full_ = false;
    std::size_t position = 0;
    for (Place place = entries_.begin(); place != entries_.end(); ++place, ++position) {
      if (position >= most || batch.size() >= batch_ || is_full_) break;
      if (place->state == State::kWaiting) begin(place, position, batch);
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
  void begin(Place place, std::size_t position, std::vector<WantedBlob>& batch) {
    std::vector<WantedBlob> wanted;
    std::uint64_t bytes = 0;
    for (const BlobHandle& blob : blobs_of_(place->key)) {
      wanted.push_back({blob, 0, fetcher_.find(blob)});
      if (wanted.back().place) bytes += wanted.back().place->plaintext_length();
    }
    if (wanted.empty()) {
      place->state = State::kWithoutBlobs;
      return loaded_.notify_one();
    }
    const std::uint64_t most = position < pressing_ ? 2 * limits_.max_bytes : limits_.max_bytes;
    is_full_ = position > 0 && bytes_ + bytes > most;
    if (is_full_) return;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i].tag = ++last_tag_;
      flying_.emplace(last_tag_, std::pair(place, i));
      batch.push_back(wanted[i]);
    }
    place->blobs.resize(wanted.size());
    place->missing = wanted.size();
    place->state = State::kLoading;
    place->bytes = bytes;
    bytes_ += bytes;
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
    bytes_ += loaded.bytes - place->bytes;
    place->bytes = loaded.bytes;
    place->loaded = std::move(loaded);
    place->state = State::kLoaded;
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
  const Fetcher& fetcher_;
  std::mutex mutex_;
  std::condition_variable loaded_;  ///< the first entry is
  std::list<Entry> entries_;        ///< not taken, in preorder as far as it is known
  std::unordered_map<std::size_t, std::pair<Place, std::size_t>> flying_;  ///< blobs, by tag
  std::size_t last_tag_ = 0;
  std::uint64_t bytes_ = 0;  ///< of all entries
  std::size_t taken_ = 0;    ///< since the fetcher asked last
  bool hungry_ = false;      ///< the fetcher was told that there is nothing
  bool is_full_ = false;     ///< it was not told of more, as there is no room
  std::exception_ptr failure_;
  Fetcher::Feed feed_;  ///< the last member: ends before the others
};

}  // namespace snapfs
