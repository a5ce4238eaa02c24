#include "fs/maintain/blob_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/parallel.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// Reading a megabyte for nothing costs about as much as asking a remote storage once more.
constexpr RunLimits kRunLimits{.max_gap = 1 << 20, .max_length = 8 << 20};

using PackOfBlobs = std::span<const PickedBlob>;

std::vector<PackOfBlobs> split_by_pack(std::span<const PickedBlob> blobs) {
  std::vector<PackOfBlobs> packs;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= blobs.size(); ++i) {
    if (i < blobs.size() && blobs[i].pack == blobs[first].pack) continue;
    packs.push_back(blobs.subspan(first, i - first));
    first = i;
  }
  return packs;
}

std::vector<PackRun> runs_of(const Index::Contents& contents, PackOfBlobs pack) {
  std::vector<StoredBlob> stored;
  stored.reserve(pack.size());
  for (const PickedBlob& blob : pack) {
    const TableEntry entry = entry_at(contents, blob.row);
    stored.push_back(
        {{blob.row.type, entry.id},
         {contents.packs[entry.pack], entry.offset, entry.length, entry.uncompressed_length}});
  }
  std::ranges::sort(stored, {}, [](const StoredBlob& blob) { return blob.location.offset; });
  return plan_runs(std::move(stored), kRunLimits);
}

class Streamer {
 public:
  Streamer(Repository& repository, BlobReceiver& receiver, const StopToken& stop)
      : repository_(repository), receiver_(receiver), stop_(stop) {}

  void stream(const PackRun& run) const {
    throw_if_stopped(stop_);
    Bytes bytes;
    try {
      bytes = repository_.load_run(run, stop_);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      for (const StoredBlob& blob : run.blobs) stream_plain(blob);
      return;
    }
    for (const StoredBlob& blob : run.blobs) stream(run, blob, bytes);
  }

 private:
  void stream(const PackRun& run, const StoredBlob& blob, ByteView bytes) const {
    throw_if_stopped(stop_);
    const std::uint64_t begin = blob.location.offset - run.begin();
    try {
      receiver_.take_stored(blob, bytes.subspan(begin, blob.location.length));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kDamaged) throw;
      stream_plain(blob);  // from another pack, if there is one
    }
  }

  void stream_plain(const StoredBlob& blob) const {
    receiver_.take_plain(blob.handle, repository_.load_blob(blob.handle, stop_));
  }

  Repository& repository_;
  BlobReceiver& receiver_;
  const StopToken& stop_;
};

}  // namespace

void stream_blobs(Repository& repository, const Index::Contents& contents,
                  std::span<const PickedBlob> blobs, BlobReceiver& receiver, StopToken stop,
                  const std::function<void()>& pack_done) {
  const Streamer streamer(repository, receiver, stop);
  parallel_for_each(split_by_pack(blobs), [&](PackOfBlobs pack) {
    for (const PackRun& run : runs_of(contents, pack)) streamer.stream(run);
    if (pack_done) pack_done();
  });
}

}  // namespace snapfs
