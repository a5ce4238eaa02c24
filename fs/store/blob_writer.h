// Blobs into a repository, for everything but the archiver: compressed, sealed, packed, uploaded,
// indexed. The archiver has the same steps spread over its own machinery.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fs/base/stop_token.h"
#include "fs/format/blob.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_saver.h"
#include "fs/store/pack_uploader.h"
#include "fs/store/pack_writer.h"
#include "fs/time/clock.h"

namespace snapfs {

class Repository;

/// Thread-safe. Blobs are sealed in the thread that adds them; full packs are stored by as many
/// threads as the storage has connections. When it is destroyed without a flush, what is not stored
/// yet is dropped: packs that no index lists, at worst.
class BlobWriter {
 public:
  /// Both must outlive the writer; the repository's index is loaded. `pack_bytes`: see PackWriter.
  BlobWriter(Repository& repository, const Clock& clock,
             std::size_t pack_bytes = PackWriter::kDefaultTargetBytes);

  /// Stores the blob, and returns true, unless it is stored already or about to be. `plain`'s
  /// SHA-256 is blob.id.
  bool add(const BlobHandle& blob, ByteView plain, StopToken stop);

  /// Stores it in any case. The same blob twice makes two copies, which only costs room.
  void add_anyway(const BlobHandle& blob, ByteView plain, StopToken stop);

  /// Stores what a codec's open_content returned without compressing it again, in any case.
  void add_content(const BlobHandle& blob, ByteView content, std::uint32_t uncompressed_length,
                   StopToken stop);

  /// Stores what was sealed with this repository's keys, as it is and in any case.
  void add_sealed(const SealedView& blob, StopToken stop);

  /// Returns when everything that was added before is stored, and listed in index files.
  void flush(StopToken stop);

 private:
  Repository& repository_;
  IndexSaver indexes_;
  PackSaver saver_;
  PackUploader uploader_;
  PackWriter packs_;
};

}  // namespace snapfs
