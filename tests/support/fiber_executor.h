// Runs what an executor is given as fibers of the calling thread, so that SeededFibers decides the
// order in which they go on.
#pragma once

#include <memory>

#include "archiver/task/executor.h"

namespace snapfs::test {

/// `start` and `join` are called by fibers of the run.
class FiberExecutor final : public Executor {
 public:
  std::unique_ptr<Workers> start(Tomb& tomb, const WorkerPoolOptions& options,
                                 WorkerBody body) const override;
};

}  // namespace snapfs::test
