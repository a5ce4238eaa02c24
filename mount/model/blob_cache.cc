#include "mount/model/blob_cache.h"

#include <utility>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "mount/model/current_blob.h"

namespace snapfs {

namespace {

constexpr std::size_t kMaxFailures = 1024;

}  // namespace

BlobCache::BlobCache(Repository& repository, std::size_t budget_bytes,
                     std::chrono::milliseconds failure_memory)
    : repository_(repository), cache_(budget_bytes), failure_memory_(failure_memory) {}

BlobCache::Pointer BlobCache::get(const Id& blob, const StopToken& stop) {
  return cache_.get(blob, [&] { return load(blob, stop); });
}

class BlobCache::CachedDelivery final : public PrefetchTarget::Delivery {
 public:
  CachedDelivery(BlobCache& cache, SharedCache<Id, Bytes>::Claim claim)
      : cache_(cache), claim_(std::move(claim)) {}

  void deliver(Bytes plain) override {
    auto bytes = std::make_shared<const Bytes>(std::move(plain));
    cache_.forget_failure(claim_.key());
    claim_.finish(bytes);
  }

 private:
  BlobCache& cache_;
  SharedCache<Id, Bytes>::Claim claim_;
};

std::unique_ptr<PrefetchTarget::Delivery> BlobCache::claim(const Id& blob) {
  auto claim = cache_.claim(blob);
  if (!claim) return nullptr;
  return std::make_unique<CachedDelivery>(*this, std::move(*claim));
}

BlobCache::Pointer BlobCache::load(const Id& blob, const StopToken& stop) {
  throw_recent_failure(blob);
  try {
    auto bytes = std::make_shared<const Bytes>(
        load_current_blob(repository_, {BlobType::kData, blob}, stop));
    forget_failure(blob);
    return bytes;
  } catch (const Error& error) {
    if (error.means_loss()) remember_failure(blob);
    throw;
  }
}

void BlobCache::throw_recent_failure(const Id& blob) {
  std::exception_ptr error;
  {
    const auto failures = failures_.lock();
    const auto found = failures->find(blob);
    if (found == failures->end() || found->second.until <= Clock::now()) return;
    error = found->second.error;
  }
  std::rethrow_exception(error);
}

void BlobCache::forget_failure(const Id& blob) { failures_.lock()->erase(blob); }

void BlobCache::remember_failure(const Id& blob) {
  auto failures = failures_.lock();
  if (failures->size() >= kMaxFailures) failures->clear();
  failures->insert_or_assign(blob,
                             Failure{Clock::now() + failure_memory_, std::current_exception()});
}

}  // namespace snapfs
