// A tree of things that are slow to load, handed out in order while threads load those that come
// next. For printing or writing a directory tree in its order; where the order does not
// matter, use fs/base/parallel_expand.h.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "fs/base/core_count.h"
#include "fs/base/start_threads.h"

namespace snapfs {

/// How far ahead of its user a PreorderAhead loads.
struct AheadLimits {
  std::size_t threads = std::clamp<std::size_t>(core_count(), 2, 8);
  std::size_t max_values = 256;       ///< loaded or being loaded, and not taken
  std::size_t max_weight = 64 << 10;  ///< of these; one alone may weigh more
};

/// The values of a tree's keys in preorder: a key, then what is below its first child, then what is
/// below its second one. To be used by one thread; `load` is called from several.
template <class Key, class Value>
class PreorderAhead {
 public:
  /// What loading a key gives.
  struct Loaded {
    Value value{};
    std::vector<Key> children;  ///< of which the values will be taken, in this order
    std::size_t weight = 1;
  };
  using Load = std::function<Loaded(const Key&)>;

  PreorderAhead(Key root, Load load, const AheadLimits& limits = {})
      : load_(std::move(load)), limits_(limits) {
    entries_.emplace_back(std::move(root));
    // Without any, take() does it all.
    start_threads(threads_, limits_.threads, 0,
                  [this](const std::stop_token& stop) { work(stop); });
  }
  ~PreorderAhead() {
    {
      const std::lock_guard lock(mutex_);  // none is between looking and waiting
      for (std::jthread& thread : threads_) thread.request_stop();
    }
    work_.notify_all();
  }
  PreorderAhead(const PreorderAhead&) = delete;
  PreorderAhead& operator=(const PreorderAhead&) = delete;

  /// The next key's value. Throws what `load` threw for it: then it has no children, and the next
  /// call gives what comes after it. Not to be called when there is nothing left.
  Value take() {
    std::unique_lock lock(mutex_);
    const Place first = entries_.begin();
    if (first->state == State::kWaiting) load_entry(first, lock);
    loaded_.wait(lock, [&] { return first->state == State::kLoaded; });
    std::list<Entry> taken;
    taken.splice(taken.begin(), entries_, first);
    --started_;
    weight_ -= first->loaded.weight;
    lock.unlock();
    work_.notify_one();
    if (first->error) std::rethrow_exception(first->error);
    return std::move(first->loaded.value);
  }

 private:
  enum class State { kWaiting, kLoading, kLoaded };
  struct Entry {
    explicit Entry(Key entry_key) : key(std::move(entry_key)) {}
    Key key;
    State state = State::kWaiting;
    Loaded loaded;
    std::exception_ptr error;
  };
  using Place = typename std::list<Entry>::iterator;

  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      const Place next = has_room() ? first_waiting() : entries_.end();
      if (next == entries_.end()) {
        work_.wait(lock);
      } else {
        load_entry(next, lock);
      }
    }
  }

  bool has_room() const { return started_ < limits_.max_values && weight_ < limits_.max_weight; }

  /// Not many come before it: no more than were started.
  Place first_waiting() { return std::ranges::find(entries_, State::kWaiting, &Entry::state); }

  void load_entry(Place place, std::unique_lock<std::mutex>& lock) {
    place->state = State::kLoading;
    ++started_;
    lock.unlock();
    Loaded loaded;
    std::exception_ptr error;
    std::list<Entry> children;
    try {
      loaded = load_(place->key);
      for (Key& child : loaded.children) children.emplace_back(std::move(child));
      loaded.children = {};
    } catch (...) {
      loaded = {};
      error = std::current_exception();
    }
    lock.lock();
    place->loaded = std::move(loaded);
    place->error = error;
    place->state = State::kLoaded;
    weight_ += place->loaded.weight;
    if (children.size() > 1) work_.notify_all();
    if (place == entries_.begin()) loaded_.notify_one();
    entries_.splice(std::next(place), children);
  }

  const Load load_;
  const AheadLimits limits_;
  std::mutex mutex_;
  std::condition_variable loaded_;  ///< the first entry is
  std::condition_variable work_;    ///< there may be something to load
  std::list<Entry> entries_;        ///< not taken, in preorder as far as it is known
  std::size_t started_ = 0;
  std::size_t weight_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace snapfs
