// Blobs copied from their packs into new packs of the same repository.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "fs/base/stop_token.h"
#include "fs/maintain/blob_stream.h"

namespace snapfs {

class BlobWriter;
class Repository;

/// Each blob is opened and compared with its ID; one that is compressed already goes into the new
/// pack as it is, and one that is not is compressed if the repository's format and settings want
/// that. Returns when all are handed to the writer, which is not flushed. See stream_blobs().
void repack(Repository& repository, const Index::Contents& contents,
            std::span<const PickedBlob> blobs, BlobWriter& writer, StopToken stop,
            const std::function<void()>& pack_done = nullptr);

}  // namespace snapfs
