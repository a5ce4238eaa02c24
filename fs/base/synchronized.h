// A value that can only be reached while its mutex is held.
#pragma once

#include <mutex>
#include <utility>

namespace snapfs {

/// Owns a T and the mutex that guards it. Never hold a lock across a fiber suspension.
template <class T>
class Synchronized {
 public:
  template <class... Args>
  explicit Synchronized(Args&&... args) : value_(std::forward<Args>(args)...) {}

  Synchronized(const Synchronized&) = delete;
  Synchronized& operator=(const Synchronized&) = delete;

  /// A pointer-like guard; the lock is held as long as it lives.
  class Guard {
   public:
    T& operator*() const noexcept { return *value_; }
    T* operator->() const noexcept { return value_; }

    /// For condition variables.
    std::unique_lock<std::mutex>& lock() noexcept { return lock_; }

   private:
    friend Synchronized;
    Guard(std::mutex& mutex, T& value) : lock_(mutex), value_(&value) {}

    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  Guard lock() { return Guard(mutex_, value_); }

  class ConstGuard {
   public:
    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_; }

   private:
    friend Synchronized;
    ConstGuard(std::mutex& mutex, const T& value) : lock_(mutex), value_(&value) {}

    std::unique_lock<std::mutex> lock_;
    const T* value_;
  };

  ConstGuard lock() const { return ConstGuard(mutex_, value_); }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace snapfs
