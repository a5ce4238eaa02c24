#include "fs/store/pack_writer.h"

#include <algorithm>
#include <utility>

#include "fs/crypto/random.h"
#include "fs/repo/stored_files.h"

namespace snapfs {
namespace {

/// For the blob that fills the pack up, usually, and the header.
constexpr std::size_t kReserve = 4 << 20;

std::uint64_t packed_size(const PackEntry& entry) {
  return entry.length + header_entry_size(entry);
}

}  // namespace

std::size_t first_pack_bytes(const StoredFiles& files, std::size_t target_bytes) {
  return files.is_near() ? target_bytes : std::min(target_bytes, PackWriter::kMinTargetBytes);
}

PackWriter::PackWriter(PackSink& sink, std::size_t target_bytes, std::size_t first_bytes)
    : sink_(sink), target_bytes_(target_bytes), first_bytes_(std::min(first_bytes, target_bytes)) {}

void PackWriter::add(const SealedView& blob, Codec& codec, StopToken stop) {
  const bool is_data = blob.handle.type == BlobType::kData;
  const std::uint32_t choice = is_data ? random_below(kOpenPacks) : 0;
  PackBuilder full;
  {
    const std::lock_guard lock(mutex_);
    // A blob that fills a pack by itself gets one of its own, and leaves the open ones alone.
    PackBuilder alone;
    const bool large = blob.bytes.size() >= target_bytes_;
    PackBuilder& pack = large ? alone : open_[static_cast<std::size_t>(blob.handle.type)][choice];
    // At once, because growing means copying. What is not used is not touched, and costs nothing.
    if (pack.empty()) pack.reserve(std::max(blob.bytes.size(), target_bytes_) + kReserve);
    pack.add(blob);
    packed_bytes_ += packed_size(pack.entries().back());
    const bool is_first = is_data && full_data_packs_ < kOpenPacks;
    const std::size_t enough = is_first ? first_bytes_ : target_bytes_;
    if (pack.blob_bytes() < enough && !pack.header_full()) return;
    if (is_data) ++full_data_packs_;
    packed_bytes_ += kPackOverhead;
    full = std::exchange(pack, {});
  }
  // Outside the lock: the sink may wait for room, and hashing takes its time.
  sink_.submit(full.finish(codec), std::move(stop));
}

bool PackWriter::holds_any(const std::vector<BlobHandle>& blobs) const {
  const auto wanted = [&](const PackEntry& entry) {
    return std::ranges::binary_search(blobs, entry.handle);
  };
  const std::lock_guard lock(mutex_);
  for (const auto& packs : open_) {
    for (const PackBuilder& pack : packs) {
      if (std::ranges::any_of(pack.entries(), wanted)) return true;
    }
  }
  return false;
}

void PackWriter::flush(Codec& codec, StopToken stop) {
  std::vector<PackBuilder> packs;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [first, second] : open_) {
      const bool small = first.blob_bytes() + second.blob_bytes() < target_bytes_;
      if (small && first.can_merge(second)) first.merge(std::exchange(second, {}));
      packs.push_back(std::exchange(first, {}));
      packs.push_back(std::exchange(second, {}));
    }
  }
  for (PackBuilder& pack : packs) {
    if (!pack.empty()) sink_.submit(pack.finish(codec), stop);
  }
}

std::uint64_t PackWriter::packed_bytes() const {
  const std::lock_guard lock(mutex_);
  return packed_bytes_;
}

}  // namespace snapfs
