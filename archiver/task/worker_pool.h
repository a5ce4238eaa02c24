// Threads with fibers on them that work for one operation. Made once with everything it will run:
// not an executor, nothing is submitted to it; its bodies take their work from channels.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "archiver/task/tomb.h"

namespace snapfs {

/// How many, and what they are called.
struct WorkerPoolOptions {
  std::string name = "worker";           ///< of the threads; the system keeps 15 bytes of it
  std::size_t threads = 1;               ///< at least 1
  std::size_t fibers_per_thread = 1;     ///< at least 1
  std::size_t stack_bytes = 256 * 1024;  ///< of each fiber; a guard page comes on top
};

/// `threads` times `fibers_per_thread` fibers that each call the body once. Fibers stay on their
/// thread; a body that computes without ever waiting keeps its neighbours from running.
/// The threads block all signals but those that report a fault, so that signals reach the main
/// thread. What escapes a body kills the tomb.
class WorkerPool {
 public:
  /// Gets the number of the fiber that runs it, from 0; the fibers of one thread are consecutive.
  using Body = std::function<void(std::size_t worker)>;

  /// Starts everything. Throws Error when a thread cannot be made; the tomb is killed then.
  /// If a thread cannot make its fibers the tomb is killed as well, and none of its bodies runs.
  WorkerPool(Tomb& tomb, const WorkerPoolOptions& options, Body body);

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Joins. A pool that was not joined before is being left by an exception: the tomb is killed,
  /// so that no body can wait for something that will not come.
  ~WorkerPool();

  /// Blocks the calling thread until all bodies have returned. Not from a fiber that others on its
  /// thread depend on, and not from one of its own. Does not throw the tomb's error. May be called
  /// again.
  void join() noexcept;

 private:
  void run_thread(std::size_t index);

  Tomb& tomb_;
  const WorkerPoolOptions options_;
  const Body body_;
  std::vector<std::thread> threads_;
};

}  // namespace snapfs
