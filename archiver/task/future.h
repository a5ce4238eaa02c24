// A value that another fiber will deliver, once. No callbacks, no timeouts, no sharing: one
// promise, one future, one take.
#pragma once

#include <atomic>
#include <optional>
#include <utility>

#include "archiver/task/waiter.h"

namespace snapfs {

/// The meeting point of one promise and one future: one word. Whoever comes second frees the state
/// it lies in.
class Rendezvous {
 public:
  /// Waits for the promise. What it wrote before `resolve` is visible afterwards.
  void await() noexcept;

  /// The promise's end: wakes the future if it waits. True when the future is gone and the caller
  /// has to free the state; otherwise the state may be gone already.
  [[nodiscard]] bool resolve() noexcept;

  /// The future's end without `await`. True when the caller has to free the state.
  [[nodiscard]] bool abandon() noexcept;

  bool resolved() const noexcept;

 private:
  // Null: pending; the address of a Waiter: the future sleeps; or one of two marks.
  std::atomic<Waiter*> word_{nullptr};
};

template <class T>
class Future;
template <class T>
class Promise;

/// What a promise and its future share until one of them frees it: a word and the value.
template <class T>
struct FutureState {
  Rendezvous rendezvous;
  std::optional<T> value;  // still nothing when resolved: cancelled
};
static_assert(sizeof(FutureState<void*>) <= 32 + sizeof(void*),
              "a pending future must stay small: there are as many as nodes in flight");

/// Makes the two ends of a new future. One allocation.
template <class T>
std::pair<Future<T>, Promise<T>> make_future();

/// The taking end: 8 bytes, move-only, for one fiber. Dropping it unused is fine.
template <class T>
class Future {
 public:
  /// An empty future: not valid until another one is moved in.
  Future() = default;
  Future(Future&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Future& operator=(Future&& other) noexcept {
    Future(std::move(other)).swap(*this);
    return *this;
  }
  ~Future() {
    if (state_ != nullptr && state_->rendezvous.abandon()) delete state_;
  }

  /// Whether there is something to take, now or later: not after `take`.
  bool valid() const noexcept { return state_ != nullptr; }

  /// Whether `take` would return without waiting.
  bool ready() const noexcept { return state_ == nullptr || state_->rendezvous.resolved(); }

  /// Waits for the value, takes it, and frees the state (D1). Nothing means cancelled: the promise
  /// was dropped. A second call returns nothing as well.
  std::optional<T> take() {
    if (state_ == nullptr) return std::nullopt;
    state_->rendezvous.await();
    FutureState<T>* const state = std::exchange(state_, nullptr);
    std::optional<T> value = std::move(state->value);
    delete state;
    return value;
  }

 private:
  friend std::pair<Future<T>, Promise<T>> make_future<T>();
  explicit Future(FutureState<T>* state) noexcept : state_(state) {}
  void swap(Future& other) noexcept { std::swap(state_, other.state_); }

  FutureState<T>* state_ = nullptr;
};

/// The delivering end: move-only. Dropping it unused resolves the future as cancelled, so a job
/// that is dropped anywhere leaves nobody waiting.
template <class T>
class Promise {
 public:
  /// A promise of nothing to nobody.
  Promise() = default;
  Promise(Promise&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Promise& operator=(Promise&& other) noexcept {
    Promise(std::move(other)).swap(*this);
    return *this;
  }
  ~Promise() { resolve(); }

  /// Delivers `value`; the promise is empty afterwards, and further calls do nothing.
  void set(T value) {
    if (state_ == nullptr) return;
    state_->value.emplace(std::move(value));
    resolve();
  }

 private:
  friend std::pair<Future<T>, Promise<T>> make_future<T>();
  explicit Promise(FutureState<T>* state) noexcept : state_(state) {}
  void swap(Promise& other) noexcept { std::swap(state_, other.state_); }
  void resolve() noexcept {
    FutureState<T>* const state = std::exchange(state_, nullptr);
    if (state != nullptr && state->rendezvous.resolve()) delete state;
  }

  FutureState<T>* state_ = nullptr;
};

template <class T>
std::pair<Future<T>, Promise<T>> make_future() {
  auto* const state = new FutureState<T>;
  return {Future<T>(state), Promise<T>(state)};
}

static_assert(sizeof(Future<void*>) == 8 || sizeof(void*) != 8);

}  // namespace snapfs
