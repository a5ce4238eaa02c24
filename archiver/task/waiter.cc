// Sleeping and waking on Boost.Fiber contexts. Fibers are pinned to their thread, which is why a
// waiter may be woken between its publication and its suspension: the wake-up only queues it.
#include "archiver/task/waiter.h"

#include <cassert>
#include <cstring>
#include <thread>
#include <type_traits>
#include <utility>

#include <boost/fiber/context.hpp>
#include <boost/fiber/waker.hpp>

namespace snapfs {
namespace {

using boost::fibers::context;
using boost::fibers::waker;

static_assert(sizeof(waker) == 2 * sizeof(void*));
static_assert(std::is_trivially_copyable_v<waker>);

// Wake-ups that have begun and not yet returned.
std::atomic<int> wakes_in_flight{0};

}  // namespace

Waiter::Waiter() noexcept {
  const waker handle = context::active()->create_waker();
  std::memcpy(waker_.data(), &handle, sizeof(handle));
}

bool Waiter::suspend() noexcept {
  context::active()->suspend();
  const Outcome outcome = outcome_.load(std::memory_order_acquire);
  assert(outcome != Outcome::kWaiting);
  return outcome == Outcome::kGranted;
}

void Waiter::end(Outcome outcome) noexcept {
  waker handle;
  std::memcpy(static_cast<void*>(&handle), waker_.data(), sizeof(handle));
  outcome_.store(outcome, std::memory_order_release);
  wakes_in_flight.fetch_add(1);
  handle.wake();
  wakes_in_flight.fetch_sub(1);
}

void WaiterList::push_back(Waiter& waiter) noexcept {
  if (head_ == nullptr) {
    head_ = &waiter;
  } else {
    tail_->next_ = &waiter;
  }
  tail_ = &waiter;
}

Waiter& WaiterList::pop_front() noexcept {
  Waiter& first = *head_;
  head_ = first.next_;
  first.next_ = nullptr;
  return first;
}

void WaiterList::swap(WaiterList& other) noexcept {
  std::swap(head_, other.head_);
  std::swap(tail_, other.tail_);
}

void WaiterList::grant_all() noexcept {
  while (!empty()) pop_front().grant();
}

void WaiterList::dismiss_all() noexcept {
  while (!empty()) pop_front().dismiss();
}

void settle_wakes() noexcept {
  while (wakes_in_flight.load() != 0) std::this_thread::yield();
}

}  // namespace snapfs
