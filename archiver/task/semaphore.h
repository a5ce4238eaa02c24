// A bound on what is in flight between several fibers, for example bytes that were read and are not
// yet stored. Not a mutex: a permit may be given back by another fiber than the one that got it.
#pragma once

#include <cstddef>
#include <mutex>
#include <stop_token>
#include <utility>

#include "archiver/task/admission.h"
#include "archiver/task/tomb.h"

namespace snapfs {

class Semaphore;

/// A share of a semaphore, given back when destroyed, in whatever thread. Move-only. The semaphore
/// outlives it.
class Permit {
 public:
  /// Holds nothing.
  Permit() = default;
  Permit(Permit&& other) noexcept
      : semaphore_(std::exchange(other.semaphore_, nullptr)), weight_(other.weight_) {}
  Permit& operator=(Permit&& other) noexcept;
  ~Permit() { release(); }

  /// Whether it holds a share: false for what `acquire` returned after a kill.
  explicit operator bool() const noexcept { return semaphore_ != nullptr; }

  /// Gives the share back early. May be called again.
  void release() noexcept;

 private:
  friend Semaphore;
  Permit(Semaphore* semaphore, std::size_t weight) noexcept
      : semaphore_(semaphore), weight_(weight) {}

  Semaphore* semaphore_ = nullptr;
  std::size_t weight_ = 0;
};

/// Hands out up to `capacity` in all, first come, first served. Thread-safe; `acquire` suspends the
/// calling fiber, or blocks the calling plain thread. Made after its tomb and destroyed before it.
class Semaphore {
 public:
  Semaphore(Tomb& tomb, std::size_t capacity);
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// Waits for `weight`. More than the capacity is granted when nothing else is out. The permit is
  /// empty once the tomb was killed: return, do not retry.
  [[nodiscard]] Permit acquire(std::size_t weight);

  /// What is out right now, for gauges.
  std::size_t used() const;

 private:
  friend Permit;
  struct Killer {
    Semaphore* semaphore;
    void operator()() const noexcept { semaphore->dismiss_all(); }
  };

  void release(std::size_t weight) noexcept;
  void dismiss_all() noexcept;

  mutable std::mutex mutex_;  // held for a few instructions, never across a suspension
  Admission admission_;
  bool killed_ = false;
  std::stop_callback<Killer> on_kill_;  // last: destroyed first, waits for a kill in progress
};

}  // namespace snapfs
