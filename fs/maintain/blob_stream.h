// Many stored blobs, read in the order in which they lie in their packs, over several threads: the
// reading half of prune and copy.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/pack_run.h"
#include "fs/index/blob_set.h"

namespace snapfs {

class Repository;

/// A blob by its place in the index. Those with the same `pack` lie in one pack, and `pack` says
/// which pack comes first; it need not be the index's number.
struct PickedBlob {
  std::uint32_t pack = 0;
  BlobRow row;
};

/// Takes the blobs; called by several threads at once.
class BlobReceiver {
 public:
  virtual ~BlobReceiver() = default;

  /// The blob as it is stored, not looked at yet. Throws Error{kDamaged} when it is not intact.
  virtual void take_stored(const StoredBlob& blob, ByteView sealed) = 0;

  /// The plaintext, authenticated: of a blob whose first copy was damaged, or could not be read.
  virtual void take_plain(const BlobHandle& blob, ByteView plain) = 0;
};

/// Hands each of the blobs, which are sorted by `pack`, to the receiver once. `contents` is the
/// index of `repository` that their rows belong to. Memory: see Fetcher. Throws when a blob has no
/// intact copy. `pack_done` hears of each finished pack, from several threads at once.
void stream_blobs(Repository& repository, const Index::Contents& contents,
                  std::span<const PickedBlob> blobs, BlobReceiver& receiver, const StopToken& stop,
                  const std::function<void()>& pack_done = nullptr);

}  // namespace snapfs
