#include "fs/maintain/blob_stream.h"

#include <mutex>
#include <unordered_map>
#include <vector>

#include "fs/fetch/fetcher.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// Names the blobs pack by pack.
class PackSource final : public FetchSource {
 public:
  PackSource(const Index::Contents& contents, std::span<const PickedBlob> blobs,
             BlobReceiver& receiver, const std::function<void()>& pack_done)
      : contents_(contents), blobs_(blobs), receiver_(receiver), pack_done_(pack_done) {}

  void next(std::vector<WantedBlob>& batch) override {
    if (next_ == blobs_.size()) return;
    const std::uint32_t pack = blobs_[next_].pack;
    for (; next_ < blobs_.size() && blobs_[next_].pack == pack; ++next_) {
      const BlobRow& row = blobs_[next_].row;
      const TableEntry entry = entry_at(contents_, row);
      const BlobLocation place{contents_.packs[entry.pack], entry.offset, entry.length,
                               entry.uncompressed_length};
      batch.push_back({{row.type, entry.id}, next_, place});
    }
    const std::lock_guard lock(mutex_);
    left_[pack] = batch.size();
  }

  void take(const FetchedBlob& blob) override {
    blob.use([this](const StoredBlob& stored,
                    ByteView sealed) { receiver_.take_stored(stored, sealed); },
             [&](const Bytes& plain) { receiver_.take_plain(blob.handle(), plain); });
    const std::uint32_t pack = blobs_[blob.tag()].pack;
    {
      const std::lock_guard lock(mutex_);
      if (--left_.at(pack) > 0) return;
      left_.erase(pack);
    }
    if (pack_done_) pack_done_();
  }

 private:
  const Index::Contents& contents_;
  const std::span<const PickedBlob> blobs_;
  BlobReceiver& receiver_;
  const std::function<void()>& pack_done_;
  std::size_t next_ = 0;
  std::mutex mutex_;
  std::unordered_map<std::uint32_t, std::size_t> left_;  ///< blobs of packs under way
};

}  // namespace

void stream_blobs(Repository& repository, const Index::Contents& contents,
                  std::span<const PickedBlob> blobs, BlobReceiver& receiver, const StopToken& stop,
                  const std::function<void()>& pack_done) {
  PackSource source(contents, blobs, receiver, pack_done);
  Fetcher fetcher(repository);
  Fetcher::Feed feed(fetcher, source, Urgency::kBulk, stop);
  feed.run();
}

}  // namespace snapfs
