// Where fibers run: the seam between what works on an operation and the threads that carry it. Not
// a pool that takes jobs: bodies are named once, at the start, and take their work from channels.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "archiver/task/tomb.h"

namespace snapfs {

/// How many, and what they are called.
struct WorkerPoolOptions {
  std::string name = "worker";        ///< of the threads; the system keeps 15 bytes of it
  std::size_t threads = 1;            ///< at least 1
  std::size_t fibers_per_thread = 1;  ///< at least 1
  std::size_t stack_bytes = std::size_t{256} << 10;  ///< of each fiber; a guard page comes on top

  /// How many bodies that makes.
  std::size_t bodies() const noexcept {
    return (threads > 0 ? threads : 1) * (fibers_per_thread > 0 ? fibers_per_thread : 1);
  }
};

/// Gets the number of the fiber that runs it, from 0; the fibers of one thread are consecutive.
using WorkerBody = std::function<void(std::size_t worker)>;

/// Fibers that were started together and end together.
class Workers {
 public:
  Workers() = default;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Joins. Workers that were not joined before are being left by an exception: the tomb is killed,
  /// so that no body can wait for something that will not come.
  virtual ~Workers() = default;

  /// Returns when all bodies have. Does not throw the tomb's error. May be called again.
  virtual void join() noexcept = 0;
};

/// Thread-safe. Tests put one in the place of threads that runs everything in an order of their
/// choosing.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Calls `body` once in each of as many fibers as `options` say. What escapes a body kills the
  /// tomb, which must outlive the workers. Throws Error when that cannot be had; the tomb is killed
  /// then.
  virtual std::unique_ptr<Workers> start(Tomb& tomb, const WorkerPoolOptions& options,
                                         WorkerBody body) const = 0;
};

}  // namespace snapfs
