// One blob on its way in: named, and stored unless the repository has it.
#pragma once

#include <array>

#include "archiver/item_report.h"
#include "archiver/statistics.h"
#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/repo/repository.h"
#include "fs/store/pack_writer.h"

namespace snapfs {

/// A blob's name, and what storing it added: nothing when the repository has it.
struct SavedBlob {
  Id id;
  AddedBytes added;
};

/// Thread-safe; works in the calling fiber and suspends it only while a full pack waits to be
/// taken.
class BlobSaver {
 public:
  /// All three must outlive the saver.
  BlobSaver(Repository& repository, PackWriter& packs, Statistics& statistics)
      : repository_(repository), packs_(packs), statistics_(statistics) {}

  /// When the blob is new it is sealed with `codec` and added to an open pack: it counts
  /// as stored only after the pack writer was flushed and its sink has finished.
  SavedBlob save(BlobType type, ByteView plain, Codec& codec, StopToken stop);

  /// Two data blobs, of about the same size if it is to pay: their digests are interleaved.
  std::array<SavedBlob, 2> save_pair(const std::array<ByteView, 2>& data, Codec& codec,
                                     const StopToken& stop);

 private:
  SavedBlob store(const BlobHandle& handle, ByteView plain, Codec& codec, StopToken stop);

  Repository& repository_;
  PackWriter& packs_;
  Statistics& statistics_;
};

}  // namespace snapfs
