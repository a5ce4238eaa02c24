// Finished packs to the backend, by threads of their own, because saving a file waits for the disk
// or the network.
#pragma once

#include <cstddef>
#include <memory>

#include "archiver/task/channel.h"
#include "archiver/task/executor.h"
#include "archiver/task/tomb.h"
#include "fs/repo/pack_writer.h"

namespace snapfs {

/// Thread-safe. The packs on their way are bounded in bytes: who submits one more waits.
class Uploader final : public PackSink {
 public:
  /// `stored` takes each pack in one of `connections` threads of `executor`; all three references
  /// must outlive the uploader.
  Uploader(const Executor& executor, Tomb& tomb, PackSink& stored, std::size_t connections,
           std::size_t queue_bytes);

  /// Throws Error{kCancelled} once the tomb was killed.
  void submit(FinishedPack pack, StopToken stop) override;

  /// No more packs: returns when all are stored, or the tomb was killed.
  void finish();

 private:
  void upload();

  Tomb& tomb_;
  PackSink& stored_;
  Channel<FinishedPack> packs_;
  std::unique_ptr<Workers> workers_;
};

}  // namespace snapfs
