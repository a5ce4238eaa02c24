// The content of many files in the order in which somebody wants to write it, with the blobs that
// come next on their way: for archives and pipes. ContentWriter reads in the order of packs.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/index/pack_run.h"

namespace snapfs {

class Repository;

/// To be used by one thread. Blobs are read in batches: while one is written, the next is loaded by
/// threads, the blobs that are neighbours in a pack with one access.
class ContentStream {
 public:
  struct Limits {
    std::uint64_t batch_bytes =
        16 << 20;  ///< of plaintext, and held by actions; there are up to two batches
    std::size_t batch_steps = 8192;  ///< blobs and actions of a batch
    unsigned threads = 4;
  };

  /// The repository, whose index is loaded, must outlive it.
  ContentStream(Repository& repository, StopToken stop, const Limits& limits);
  ContentStream(Repository& repository, StopToken stop)
      : ContentStream(repository, std::move(stop), Limits()) {}
  ~ContentStream();
  ContentStream(const ContentStream&) = delete;
  ContentStream& operator=(const ContentStream&) = delete;

  /// `action`, which holds so many bytes of memory of its own, runs after everything that was added
  /// before. This, add_blob and finish throw what actions and receivers throw, and what
  /// Repository::load_blob throws.
  void add_action(std::function<void()> action, std::size_t held_bytes = 0);

  /// `receive` is called with the blob's plaintext, after everything that was added before. Throws
  /// Error{kNotFound} for a blob that no index lists.
  void add_blob(const Id& blob, std::function<void(ByteView)> receive);

  /// Does what was added and is not done yet.
  void finish();

 private:
  struct Batch;
  struct Job {
    std::shared_ptr<Batch> batch;
    PackRun run;
  };

  void end_batch_if_full();
  void end_batch();
  void start_loading(const std::shared_ptr<Batch>& batch);
  void write(Batch& batch);
  std::shared_ptr<const Bytes> wait_for(Batch& batch, const Id& blob);
  void work(const std::stop_token& stop);
  void load(const Job& job);
  Bytes open(const PackRun& run, const StoredBlob& blob, const std::optional<Bytes>& stored);

  Repository& repository_;
  const StopToken stop_;
  const Limits limits_;
  std::shared_ptr<Batch> filling_;
  std::shared_ptr<Batch> loading_;  ///< to be written next
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable delivered_;
  std::deque<Job> jobs_;
  std::vector<std::jthread> threads_;
};

}  // namespace snapfs
