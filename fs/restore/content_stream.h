// The content of many files in the order in which somebody wants to write it, with the blobs that
// come next on their way: for archives and pipes. ContentWriter reads in the order of packs.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/fetcher.h"

namespace snapfs {

class Repository;

/// To be used by one thread. Blobs are read in batches, those that are neighbours in a pack with
/// one request.
class ContentStream final : private FetchSource {
 public:
  struct Limits {
    std::uint64_t batch_bytes =
        16 << 20;  ///< of plaintext, and held by actions; there are up to two batches
    std::size_t batch_steps = 8192;  ///< blobs and actions of a batch
  };

  /// The fetcher, whose repository's index is loaded, must outlive it.
  ContentStream(Fetcher& fetcher, const StopToken& stop, const Limits& limits);
  ContentStream(Fetcher& fetcher, const StopToken& stop) : ContentStream(fetcher, stop, Limits()) {}
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

  void end_batch_if_full();
  void end_batch();
  void start_loading(const std::shared_ptr<Batch>& batch);
  void write(Batch& batch);
  std::shared_ptr<const Bytes> wait_for(Batch& batch, const Id& blob);
  void next(std::vector<WantedBlob>& batch) override;
  void take(const FetchedBlob& blob) override;
  void failed(const std::exception_ptr& failure) noexcept override;

  Repository& repository_;
  const Limits limits_;
  std::shared_ptr<Batch> filling_;
  std::shared_ptr<Batch> loading_;  ///< to be written next
  std::mutex mutex_;                ///< of all below, and of the contents of batches
  std::condition_variable delivered_;
  std::deque<std::shared_ptr<Batch>> starting_;
  std::unordered_map<std::size_t, std::shared_ptr<Batch>> flying_;  ///< of blobs, by tag
  std::size_t last_tag_ = 0;
  std::exception_ptr failure_;
  Fetcher::Feed feed_;  ///< the last member: ends before the others
};

}  // namespace snapfs
