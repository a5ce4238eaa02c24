// A bounded queue between fibers of any threads. Bounded by weight, so that a channel of buffers
// can be bounded by bytes. Closing drains it, killing its tomb empties it; nobody stays stuck in it
// (D6).
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "archiver/task/admission.h"
#include "archiver/task/tomb.h"
#include "archiver/task/waiter.h"

namespace snapfs {

/// Many producers, many consumers, first in, first out. Thread-safe; `push` and `pop` suspend the
/// calling fiber, or block the calling plain thread, and nothing else. Made after its tomb and
/// destroyed before it, when nobody is inside any more.
/// T is moved in and out outside the channel's mutex; a T that is dropped by a kill is destroyed
/// by the killer's thread and must not suspend in its destructor.
template <class T>
class Channel {
 public:
  /// Holds up to `capacity` of weight, exactly; 0 counts as 1.
  Channel(Tomb& tomb, std::size_t capacity)
      : admission_(capacity), stop_(tomb.token()), on_kill_(stop_, Killer{this}) {}

  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Queues `item`, waiting for room first. An item heavier than the capacity waits until the
  /// channel is empty. False when the channel was closed or killed: the item is gone; return, do
  /// not retry.
  bool push(T item, std::size_t weight = 1) {
    Entries entry;
    entry.emplace_back(std::move(item), weight);
    std::unique_lock lock(mutex_);
    if (closed_ || killed_) return false;
    if (Waiter* consumer = hand_to_consumer(entry)) {
      lock.unlock();
      consumer->grant();
      return true;
    }
    if (admission_.try_enter(weight)) {
      entries_.splice(entries_.end(), entry);
      return true;
    }
    Producer self(weight, entry);
    admission_.line_up(self);
    lock.unlock();
    return self.suspend();
  }

  /// Queues `item` if that needs no waiting. Otherwise, or when the channel was closed or killed,
  /// returns false and leaves `item` as it was.
  bool try_push(T& item, std::size_t weight = 1) {
    Entries entry;
    entry.emplace_back(std::move(item), weight);
    std::unique_lock lock(mutex_);
    const bool open = !closed_ && !killed_;
    Waiter* const consumer = open ? hand_to_consumer(entry) : nullptr;
    if (consumer == nullptr) {
      if (!open || !admission_.try_enter(weight)) {
        lock.unlock();
        item = std::move(entry.front().item);
        return false;
      }
      entries_.splice(entries_.end(), entry);
    }
    lock.unlock();
    if (consumer != nullptr) consumer->grant();
    return true;
  }

  /// Whether somebody waits in `pop` right now. Only a hint: it may be over when this returns.
  bool has_waiting_consumer() const {
    const std::lock_guard lock(mutex_);
    return !consumers_.empty();
  }

  /// Takes the oldest item, waiting for one. Nothing when the channel was closed and is drained,
  /// or when the tomb was killed.
  std::optional<T> pop() {
    Entries taken;
    std::unique_lock lock(mutex_);
    if (killed_) return std::nullopt;
    if (entries_.empty()) {
      if (closed_) return std::nullopt;
      Consumer self(taken);
      consumers_.push_back(self);
      lock.unlock();
      // An item handed over just before a kill is dropped like the queued ones.
      if (!self.suspend() || stop_.stop_requested()) return std::nullopt;
    } else {
      take_first(taken, lock);
    }
    return std::move(taken.front().item);
  }

  /// Takes the oldest item if there is one now.
  std::optional<T> try_pop() {
    Entries taken;
    std::unique_lock lock(mutex_);
    if (killed_ || entries_.empty()) return std::nullopt;
    take_first(taken, lock);
    return std::move(taken.front().item);
  }

  /// The last producer's farewell: no more pushes (those that wait return false), pops drain what
  /// is queued. May be called again.
  void close() noexcept { end(closed_, nullptr); }

  /// Items queued right now, for gauges.
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

  /// Weight queued right now, for gauges.
  std::size_t weight() const {
    const std::lock_guard lock(mutex_);
    return admission_.used();
  }

 private:
  struct Entry {
    Entry(T&& item_, std::size_t weight_) : item(std::move(item_)), weight(weight_) {}
    T item;
    std::size_t weight;
  };
  // A list, so that under the mutex items are only spliced: no allocation, no T moved or destroyed.
  using Entries = std::list<Entry>;

  struct Producer : WeighedWaiter {
    Producer(std::size_t weight, Entries& entry_) noexcept
        : WeighedWaiter(weight), entry(&entry_) {}
    Entries* entry;  // what it wants to queue
  };
  struct Consumer : Waiter {
    explicit Consumer(Entries& taken_) noexcept : taken(&taken_) {}
    Entries* taken;  // where its item goes
  };
  struct Killer {
    Channel* channel;
    void operator()() const noexcept { channel->drop_all(); }
  };

  // Gives the entry to the first waiting consumer and returns it, to be granted once the mutex is
  // released. Consumers only wait while the queue is empty, so handing over keeps the order.
  Waiter* hand_to_consumer(Entries& entry) noexcept {
    if (consumers_.empty()) return nullptr;
    auto& consumer = static_cast<Consumer&>(consumers_.pop_front());
    consumer.taken->splice(consumer.taken->end(), entry);
    return &consumer;
  }

  // Moves the oldest entry to `taken`, which makes room; releases the lock.
  void take_first(Entries& taken, std::unique_lock<std::mutex>& lock) {
    taken.splice(taken.end(), entries_, entries_.begin());
    admission_.leave(taken.front().weight);
    WaiterList admitted;
    admit_producers(admitted);
    lock.unlock();
    admitted.grant_all();
  }

  // Queues what waits and fits now; its producers are to be granted once the mutex is released.
  void admit_producers(WaiterList& admitted) noexcept {
    while (WeighedWaiter* next = admission_.admit_next()) {
      auto& producer = static_cast<Producer&>(*next);
      entries_.splice(entries_.end(), *producer.entry);
      admitted.push_back(producer);
    }
  }

  void drop_all() noexcept {
    Entries dropped;  // destroyed after the mutex is released: items may resolve promises
    end(killed_, &dropped);
  }

  void end(bool& reason, Entries* dropped) noexcept {
    WaiterList producers;
    WaiterList consumers;
    {
      const std::lock_guard lock(mutex_);
      reason = true;
      if (dropped != nullptr) {
        for (const Entry& entry : entries_) admission_.leave(entry.weight);
        dropped->splice(dropped->end(), entries_);
      }
      admission_.surrender(producers);
      consumers.swap(consumers_);
    }
    producers.dismiss_all();
    consumers.dismiss_all();
  }

  mutable std::mutex mutex_;  // held for a few instructions, never across a suspension
  Admission admission_;
  Entries entries_;
  WaiterList consumers_;
  bool closed_ = false;
  bool killed_ = false;
  const StopToken stop_;
  std::stop_callback<Killer> on_kill_;  // last: destroyed first, waits for a kill in progress
};

}  // namespace snapfs
