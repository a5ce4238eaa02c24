// Threads with fibers on them that work for one operation. Made once with everything it will run:
// not an executor, nothing is submitted to it; its bodies take their work from channels.
#pragma once

#include <cstddef>
#include <latch>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "archiver/task/executor.h"
#include "archiver/task/tomb.h"

namespace snapfs {

/// `threads` times `fibers_per_thread` fibers that each call the body once. Fibers stay on their
/// thread; a body that computes without ever waiting keeps its neighbours from running.
/// The threads block all signals but those that report a fault, so that signals reach the main
/// thread. What escapes a body kills the tomb.
class WorkerPool final : public Workers {
 public:
  /// Starts everything. Of fewer threads than were asked for, because the system gives no more,
  /// some run the fibers of several. Throws Error when it gives none; the tomb is killed then. If a
  /// thread cannot make its fibers the tomb is killed as well, and none of its bodies runs.
  WorkerPool(Tomb& tomb, const WorkerPoolOptions& options, WorkerBody body);

  ~WorkerPool() override;

  /// Blocks the calling thread. Not from a fiber that others on its thread depend on, and not from
  /// one of its own.
  void join() noexcept override;

 private:
  void run_thread(std::size_t index);

  Tomb& tomb_;
  const WorkerPoolOptions options_;
  const WorkerBody body_;
  std::latch started_{1};  ///< all threads there will be are in `threads_`
  std::vector<std::thread> threads_;
};

/// The real one: every call makes a pool of threads.
class ThreadExecutor final : public Executor {
 public:
  std::unique_ptr<Workers> start(Tomb& tomb, const WorkerPoolOptions& options,
                                 WorkerBody body) const override {
    return std::make_unique<WorkerPool>(tomb, options, std::move(body));
  }
};

}  // namespace snapfs
