// Finished packs to the backend, by threads of their own, because saving a file waits for the disk
// or the network.
#pragma once

#include <cstddef>
#include <memory>

#include "archiver/task/channel.h"
#include "archiver/task/executor.h"
#include "archiver/task/semaphore.h"
#include "archiver/task/tomb.h"
#include "fs/store/pack_writer.h"

namespace snapfs {

/// Thread-safe. The packs on their way are bounded in bytes, those being stored among them:
/// submitting one more waits.
class Uploader final : public PackSink {
 public:
  /// `stored` takes each pack in one of `connections` threads of `executor`; all three references
  /// must outlive the uploader.
  Uploader(const Executor& executor, Tomb& tomb, PackSink& stored, std::size_t connections,
           std::size_t in_flight_bytes);

  /// Throws Error{kCancelled} once the tomb was killed.
  void submit(FinishedPack pack, StopToken stop) override;

  /// Throws Error{kCancelled} once the tomb was killed.
  void wait_for_room(const StopToken& stop) override;

  /// No more packs: returns when all are stored, or the tomb was killed.
  void finish();

 private:
  struct PackInFlight {
    FinishedPack pack;
    Permit permit;
  };

  void upload();

  Tomb& tomb_;
  PackSink& stored_;
  Semaphore in_flight_;
  Channel<PackInFlight> packs_;  ///< bounded by the permits
  std::unique_ptr<Workers> workers_;
};

}  // namespace snapfs
