// Plaintext data blobs, kept as immutable buffers that replies point into.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <unordered_map>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/base/synchronized.h"
#include "fs/fetch/prefetcher.h"
#include "mount/model/shared_cache.h"

namespace snapfs {

class Repository;

inline std::size_t memory_bytes(const Bytes& buffer) noexcept {
  return sizeof(Bytes) + buffer.capacity();
}

/// Thread-safe. Only authenticated bytes enter.
class BlobCache final : public PrefetchTarget {
 public:
  using Pointer = std::shared_ptr<const Bytes>;

  /// `failure_memory`: for how long a damaged or missing blob is not tried again. The kernel asks
  /// page by page around damage, which would decrypt the same blob a thousand times in vain.
  BlobCache(Repository& repository, std::size_t budget_bytes,
            std::chrono::milliseconds failure_memory);

  /// Throws what Repository::load_blob throws.
  Pointer get(const Id& blob, const StopToken& stop);

  /// Whether get() would answer from memory.
  bool contains(const Id& blob) const { return cache_.contains(blob); }

  /// Says that the blob was read to its end: the kernel has it in its page cache, so that it is the
  /// first to go here.
  void read_to_end(const Id& blob) { cache_.demote(blob); }

  /// Whether the blob could not be had when it was last wanted, for being damaged or missing.
  bool has_failed(const Id& blob) const { return failures_.lock()->contains(blob); }

  /// Whether has_failed() holds for any blob.
  bool any_failed() const { return !failures_.lock()->empty(); }

  std::size_t size_bytes() const { return cache_.size_bytes(); }
  std::size_t budget_bytes() const noexcept { return cache_.budget_bytes(); }
  const CacheCounters& counters() const noexcept { return cache_.counters(); }

  BlobType blob_type() const noexcept override { return BlobType::kData; }
  bool wants(const Id& blob) const override { return !contains(blob); }
  std::unique_ptr<Delivery> claim(const Id& blob) override;

 private:
  class CachedDelivery;
  using Clock = std::chrono::steady_clock;

  struct Failure {
    Clock::time_point until;
    std::exception_ptr error;
  };

  Pointer load(const Id& blob, const StopToken& stop);
  void throw_recent_failure(const Id& blob);
  void remember_failure(const Id& blob);
  void forget_failure(const Id& blob);

  Repository& repository_;
  SharedCache<Id, Bytes> cache_;
  const std::chrono::milliseconds failure_memory_;
  Synchronized<std::unordered_map<Id, Failure>> failures_;
};

}  // namespace snapfs
