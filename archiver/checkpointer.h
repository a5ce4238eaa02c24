// Writes down now and then what a long run has come to, as a snapshot that is marked as partial, so
// that a run after an interruption takes over what this one has read (see docs/architecture.md).
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "archiver/blob_saver.h"
#include "archiver/checkpoint_log.h"
#include "archiver/stored_pack_counter.h"
#include "archiver/task/tomb.h"
#include "fs/repo/repository.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_writer.h"

namespace snapfs {

/// What a checkpointer works with; everything must outlive it.
struct CheckpointContext {
  Tomb& tomb;
  Repository& repository;
  CheckpointLog* log;  ///< not null when there is a checkpointer
  BlobSaver& blobs;
  PackWriter& packs;
  StoredPackCounter& stored;
  IndexSaver& indexes;
  /// Writes the partial snapshot of that root tree. All it refers to is stored and indexed.
  std::function<void(const Id& tree)> commit;
};

/// One thread that waits while it lives. An error in it kills the tomb. Where the system gives no
/// thread there are no checkpoints.
class Checkpointer {
 public:
  Checkpointer(const CheckpointContext& context, std::chrono::milliseconds interval);
  /// A checkpoint that has been begun is given up.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  void run(const StopToken& stop);
  void write(const StopToken& stop);
  bool wait_until_stored(Codec& codec, const StopToken& stop);

  const CheckpointContext context_;
  const std::chrono::milliseconds interval_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace snapfs
