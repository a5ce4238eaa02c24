// How a run is carried out: on which fibers, and how much may wait between them. Nothing of it
// shows in the snapshot.
#pragma once

#include <cstddef>

#include "archiver/task/executor.h"
#include "fs/base/stop_token.h"
#include "fs/base/timer.h"

namespace snapfs {

/// The memory bound of a run is the sum of what may wait, plus what each worker holds in its hands.
/// What is heavier than a queue waits in it alone.
struct Execution {
  const Executor* executor = nullptr;  ///< outlives the run; null: threads
  std::size_t queued_batches = 8;
  std::size_t queued_chunk_bytes = 4 << 20;
  std::size_t spare_chunk_bytes = 4 << 20;
  std::size_t queued_tree_bytes = 8 << 20;
  Timer* timer = nullptr;    ///< what cleaning up is limited by; null: the system's
  StopToken last_call = {};  ///< stops when the program must end at once, cleaned up or not
};

}  // namespace snapfs
