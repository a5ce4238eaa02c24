// A byte-bounded, least-recently-used cache of immutable values that are loaded once however many
// threads ask (single flight). What is evicted lives on in the hands of those who hold it.
#pragma once

#include <cstddef>
#include <future>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace snapfs {

/// Thread-safe. `Value` knows its weight: `std::size_t memory_bytes(const Value&)`, found by
/// argument-dependent lookup.
template <class Key, class Value>
class SharedCache {
 public:
  using Pointer = std::shared_ptr<const Value>;

  explicit SharedCache(std::size_t budget_bytes) : budget_bytes_(budget_bytes) {}
  SharedCache(const SharedCache&) = delete;
  SharedCache& operator=(const SharedCache&) = delete;

  /// The value, from the cache, from another thread that is loading it, or from `load`, which
  /// returns a Pointer. What `load` throws reaches all who wait and is not cached.
  template <class Load>
  Pointer get(const Key& key, Load&& load) {
    std::promise<Pointer> promise;
    {
      std::unique_lock lock(mutex_);
      if (Pointer hit = touch(key)) return hit;
      if (const auto flying = loading_.find(key); flying != loading_.end()) {
        const std::shared_future<Pointer> other = flying->second;
        lock.unlock();
        return other.get();
      }
      loading_.emplace(key, promise.get_future().share());
    }
    try {
      Pointer value = load();
      finish(key, value);
      promise.set_value(value);
      return value;
    } catch (...) {
      finish(key, nullptr);
      promise.set_exception(std::current_exception());
      throw;
    }
  }

  /// Null when it is not in the cache.
  Pointer peek(const Key& key) {
    const std::lock_guard lock(mutex_);
    return touch(key);
  }

  /// Bytes of the values held.
  std::size_t size_bytes() const {
    const std::lock_guard lock(mutex_);
    return size_bytes_;
  }

 private:
  struct Item {
    Key key;
    Pointer value;
    std::size_t bytes = 0;
  };
  using Items = std::list<Item>;

  Pointer touch(const Key& key) {
    const auto found = items_by_key_.find(key);
    if (found == items_by_key_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    return found->second->value;
  }

  void finish(const Key& key, const Pointer& value) {
    // Evicted values are freed outside the lock.
    Items evicted;
    const std::lock_guard lock(mutex_);
    loading_.erase(key);
    if (!value) return;
    const std::size_t bytes = memory_bytes(*value);
    if (bytes > budget_bytes_) return;
    items_.push_front({key, value, bytes});
    items_by_key_[key] = items_.begin();
    size_bytes_ += bytes;
    while (size_bytes_ > budget_bytes_) {
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
};

}  // namespace snapfs
