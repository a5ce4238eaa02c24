// Runs fibers in an order that a seed decides, in one thread, and notices when none of them can go
// on. For tests of anything that fibers do together; knows nothing of the archiver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace snapfs::test {

/// One run: give it fibers, `run` it, then ask. The same seed and the same fibers give the same
/// order.
class SeededFibers {
 public:
  explicit SeededFibers(std::uint64_t seed) : seed_(seed) {}

  /// A fiber of the run; nothing may escape its body.
  void spawn(std::function<void()> body) { bodies_.push_back(std::move(body)); }

  /// Calls `action` in a fiber of its own when `step` switches have happened, before the next one.
  /// If all fibers have ended by then it is not called. If no fiber can go on before then, it is
  /// called as a rescue and `deadlocked` says so.
  void at_step(std::size_t step, std::function<void()> action);

  /// Calls `action` once fibers are left but none can go on: all of them wait for it.
  void when_stuck(std::function<void()> action);

  /// Runs everything to its end. A deadlock without an action ends the test program with a message.
  void run();

  /// Switches to fibers that happened.
  std::size_t steps() const { return steps_; }

  /// A fingerprint of the order in which they happened.
  std::uint64_t trace() const { return trace_; }

  /// Whether there was a moment when fibers were left and none could go on.
  bool deadlocked() const { return deadlocked_; }

 private:
  void run_here();

  const std::uint64_t seed_;
  std::vector<std::function<void()>> bodies_;
  std::size_t action_step_ = 0;
  std::function<void()> action_;
  std::size_t steps_ = 0;
  std::uint64_t trace_ = 0;
  bool deadlocked_ = false;
};

/// Lets the other fibers of the calling thread run: one more place where a run may switch.
void yield_fiber();

}  // namespace snapfs::test
