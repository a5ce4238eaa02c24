// Stores finished packs in the calling thread: what everything but the archiver uses, and what the
// archiver's uploader threads end in.
#pragma once

#include "fs/store/index_saver.h"
#include "fs/store/pack_writer.h"

namespace snapfs {

class Repository;

/// Thread-safe.
class PackSaver final : public PackSink {
 public:
  /// Both must outlive the saver.
  PackSaver(Repository& repository, IndexSaver& indexes)
      : repository_(repository), indexes_(indexes) {}

  /// Returns when the pack is stored and the index knows it.
  void submit(FinishedPack pack, StopToken stop) override;

 private:
  Repository& repository_;
  IndexSaver& indexes_;
};

}  // namespace snapfs
