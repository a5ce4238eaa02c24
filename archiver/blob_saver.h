// One blob on its way in: named, and stored unless the repository has it.
#pragma once

#include "archiver/statistics.h"
#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/repo/pack_writer.h"
#include "fs/repo/repository.h"

namespace snapfs {

/// Thread-safe; works in the calling fiber and suspends it only while a full pack waits to be
/// taken.
class BlobSaver {
 public:
  /// All three must outlive the saver.
  BlobSaver(Repository& repository, PackWriter& packs, Statistics& statistics)
      : repository_(repository), packs_(packs), statistics_(statistics) {}

  /// The blob's ID. When it is new it is sealed with `codec` and added to an open pack: it counts
  /// as stored only after the pack writer was flushed and its sink has finished.
  Id save(BlobType type, ByteView plain, Codec& codec, StopToken stop);

 private:
  Repository& repository_;
  PackWriter& packs_;
  Statistics& statistics_;
};

}  // namespace snapfs
