// Finished packs to the storage by threads of their own, so that filling packs does not wait for a
// disk or a network. The archiver has an uploader of fibers; this one is for everything else.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "fs/store/pack_writer.h"

namespace snapfs {

/// Thread-safe. At most twice as many packs as threads are on their way: submitting one more
/// waits.
class PackUploader final : public PackSink {
 public:
  /// `stored`, which must outlive the uploader, takes each pack in one of the threads.
  PackUploader(PackSink& stored, unsigned threads);
  /// Drops what is still waiting.
  ~PackUploader() override;
  PackUploader(const PackUploader&) = delete;
  PackUploader& operator=(const PackUploader&) = delete;

  /// Throws the first failure of any pack before.
  void submit(FinishedPack pack, StopToken stop) override;

  /// Returns when every pack that was submitted is stored. Throws the first failure.
  void finish(StopToken stop);

 private:
  struct Waiting {
    FinishedPack pack;
    StopToken stop;
  };

  void run();
  void throw_failure(const StopToken& stop) const;

  PackSink& stored_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Waiting> waiting_;
  std::size_t under_way_ = 0;  ///< waiting or being stored
  bool ending_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

}  // namespace snapfs
