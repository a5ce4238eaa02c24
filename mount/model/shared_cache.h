// A byte-bounded, least-recently-used cache of immutable values that are loaded once however many
// threads ask (single flight). What is evicted lives on in the hands of those who hold it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "fs/base/blocking_hint.h"

namespace snapfs {

/// What a cache did since it was made. Each figure is exact, all together need not fit each other.
struct CacheCounters {
  std::atomic<std::uint64_t> hits{0};        ///< answered from memory
  std::atomic<std::uint64_t> waits{0};       ///< answered by a load that was under way already
  std::atomic<std::uint64_t> misses{0};      ///< loaded by the one who asked
  std::atomic<std::uint64_t> prefetched{0};  ///< loaded before anybody asked
  std::atomic<std::uint64_t> wasted{0};      ///< of those, evicted before anybody asked
  std::atomic<std::uint64_t> in_flight{0};   ///< being loaded right now
};

/// What a key takes beside its own size. A text is in the list of values and in the table of keys.
template <class Key>
std::size_t key_heap_bytes(const Key&) noexcept {
  return 0;
}
inline std::size_t key_heap_bytes(const std::string& key) noexcept { return 2 * key.size(); }

/// Thread-safe. `Value` knows its weight: `std::size_t memory_bytes(const Value&)`, found by
/// argument-dependent lookup.
template <class Key, class Value>
class SharedCache {
 public:
  using Pointer = std::shared_ptr<const Value>;

  /// The right, and the duty, to load one value: whoever asks for it meanwhile waits for finish().
  /// Destroyed without that, it lets the next one who asks load it. The cache must outlive it.
  class Claim {
   public:
    Claim(Claim&& other) noexcept
        : cache_(std::exchange(other.cache_, nullptr)),
          key_(std::move(other.key_)),
          promise_(std::move(other.promise_)) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (cache_ != nullptr) settle(nullptr);
    }

    const Key& key() const noexcept { return key_; }

    /// For a value that nobody asked for yet. Call it once.
    void finish(const Pointer& value) {
      cache_->counters_.prefetched.fetch_add(1, std::memory_order_relaxed);
      cache_->insert(key_, value, /*used=*/false);
      settle(value);
    }

   private:
    friend SharedCache;
    Claim(SharedCache& cache, const Key& key) : cache_(&cache), key_(key) {}

    void settle(const Pointer& value) {
      std::exchange(cache_, nullptr)->end_loading(key_);
      promise_.set_value(value);
    }
    void fail(std::exception_ptr error) {
      std::exchange(cache_, nullptr)->end_loading(key_);
      promise_.set_exception(std::move(error));
    }

    SharedCache* cache_;
    Key key_;
    std::promise<Pointer> promise_;
  };

  /// What a value takes beside itself and its key, about: its places in the list of values and in
  /// the table of keys, and the count of those who hold it, each with the allocator's header.
  static constexpr std::size_t kItemBytes = 2 * sizeof(Key) + 15 * sizeof(void*);

  explicit SharedCache(std::size_t budget_bytes) : budget_bytes_(budget_bytes) {}
  SharedCache(const SharedCache&) = delete;
  SharedCache& operator=(const SharedCache&) = delete;

  /// The value, from the cache, from another thread that is loading it, or from `load`, which
  /// returns a Pointer. What `load` throws reaches all who wait and is not cached.
  template <class Load>
  Pointer get(const Key& key, Load&& load) {
    for (;;) {
      std::shared_future<Pointer> other;
      {
        std::unique_lock lock(mutex_);
        if (Pointer hit = touch(key)) {
          count(counters_.hits);
          return hit;
        }
        if (std::optional<Claim> claim = begin(key, other)) {
          lock.unlock();
          return load_claimed(*claim, std::forward<Load>(load));
        }
      }
      count(counters_.waits);
      hint_blocking();
      if (Pointer value = other.get()) {
        peek(key);  // it was wanted after all
        return value;
      }
    }
  }

  /// Nothing when the value is in the cache or being loaded.
  std::optional<Claim> claim(const Key& key) {
    std::shared_future<Pointer> other;
    const std::lock_guard lock(mutex_);
    if (items_by_key_.contains(key)) return std::nullopt;
    return begin(key, other);
  }

  /// Null when it is not in the cache.
  Pointer peek(const Key& key) {
    const std::lock_guard lock(mutex_);
    return touch(key);
  }

  bool contains(const Key& key) const {
    const std::lock_guard lock(mutex_);
    return items_by_key_.contains(key);
  }

  /// Makes the value, if it is there, the first to go when room is needed.
  void demote(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = items_by_key_.find(key);
    if (found != items_by_key_.end()) items_.splice(items_.end(), items_, found->second);
  }

  /// Bytes of the values held, with what it takes to hold them.
  std::size_t size_bytes() const {
    const std::lock_guard lock(mutex_);
    return size_bytes_;
  }

  std::size_t budget_bytes() const noexcept { return budget_bytes_; }
  const CacheCounters& counters() const noexcept { return counters_; }

 private:
  struct Item {
    Key key;
    Pointer value;
    std::size_t bytes = 0;
    bool used = false;  ///< somebody asked for it
  };
  using Items = std::list<Item>;

  static void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);
  }

  Pointer touch(const Key& key) {
    const auto found = items_by_key_.find(key);
    if (found == items_by_key_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    found->second->used = true;
    return found->second->value;
  }

  /// A claim, or nothing and the load that is under way. Under the lock.
  std::optional<Claim> begin(const Key& key, std::shared_future<Pointer>& other) {
    if (const auto flying = loading_.find(key); flying != loading_.end()) {
      other = flying->second;
      return std::nullopt;
    }
    Claim claim(*this, key);
    try {
      loading_.emplace(key, claim.promise_.get_future().share());
    } catch (...) {
      claim.cache_ = nullptr;  // there is nothing to settle, and the lock is held
      throw;
    }
    count(counters_.in_flight);
    return claim;
  }

  template <class Load>
  Pointer load_claimed(Claim& claim, Load&& load) {
    count(counters_.misses);
    hint_blocking();
    try {
      Pointer value = load();
      insert(claim.key(), value, /*used=*/true);
      claim.settle(value);
      return value;
    } catch (...) {
      claim.fail(std::current_exception());
      throw;
    }
  }

  void end_loading(const Key& key) {
    const std::lock_guard lock(mutex_);
    loading_.erase(key);
    counters_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Before the claim ends, so that nobody finds the value neither here nor on its way.
  void insert(const Key& key, const Pointer& value, bool used) {
    const std::size_t own = memory_bytes(*value) + key_heap_bytes(key);
    if (own > budget_bytes_) return;
    const std::size_t bytes = own + kItemBytes;
    // Evicted values are freed outside the lock.
    Items evicted;
    Items added;
    added.push_front({key, value, bytes, used});
    const std::lock_guard lock(mutex_);
    items_by_key_[key] = added.begin();
    items_.splice(items_.begin(), added);
    size_bytes_ += bytes;
    while (size_bytes_ > budget_bytes_ && items_.size() > 1) {
      if (!items_.back().used) count(counters_.wasted);
      size_bytes_ -= items_.back().bytes;
      items_by_key_.erase(items_.back().key);
      evicted.splice(evicted.begin(), items_, std::prev(items_.end()));
    }
  }

  const std::size_t budget_bytes_;
  mutable std::mutex mutex_;
  Items items_;  ///< the most recently used first
  std::unordered_map<Key, typename Items::iterator> items_by_key_;
  std::unordered_map<Key, std::shared_future<Pointer>> loading_;
  std::size_t size_bytes_ = 0;
  CacheCounters counters_;
};

}  // namespace snapfs
