// Memory and threads that a process of the world does not get. Linking scarcity.cc replaces the
// program's operator new; what C libraries take from malloc themselves always succeeds.
#pragma once

#include <cstddef>

namespace snapfs::sim {

class Process;

/// Of one process, from 1: which allocation fails, or which start of a thread. 0: none.
struct Scarcity {
  std::size_t allocation = 0;
  std::size_t thread = 0;
  bool persists = false;  ///< all that follow fail, too
};

/// From now on, for that process; null: for none. What it asked for so far is counted from here.
void make_scarce(const Process* process, const Scarcity& scarcity) noexcept;

/// What it asked for.
std::size_t counted_allocations() noexcept;
std::size_t counted_threads() noexcept;

/// Whether the running process gets no thread now.
bool is_thread_refused() noexcept;

/// While one lives, the world's own allocations are neither counted nor fail.
class Unfailing {
 public:
  Unfailing() noexcept { ++depth_; }
  ~Unfailing() { --depth_; }
  Unfailing(const Unfailing&) = delete;
  Unfailing& operator=(const Unfailing&) = delete;

  /// For switches: each fiber has a depth of its own.
  static int take() noexcept {
    const int depth = depth_;
    depth_ = 0;
    return depth;
  }
  static void put_back(int depth) noexcept { depth_ = depth; }
  static bool is_there() noexcept { return depth_ > 0; }

 private:
  inline static thread_local int depth_ = 0;
};

}  // namespace snapfs::sim
