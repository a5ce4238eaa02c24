// The content of one file: read, cut into chunks, and stored as blobs. A small file is one blob and
// saved where it is read; the chunks of a large one go to any worker that is free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "archiver/blob_saver.h"
#include "archiver/buffer_pool.h"
#include "archiver/chunk/chunker.h"
#include "archiver/item_report.h"
#include "archiver/progress.h"
#include "archiver/source/source_fs.h"
#include "archiver/task/channel.h"
#include "archiver/task/future.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// One chunk of a large file, to be saved by any worker that is free.
struct ChunkJob {
  Bytes bytes;
  Promise<SavedBlob> promise;
};

/// Weighed in bytes.
using ChunkChannel = Channel<ChunkJob>;

/// What all content savers share. Thread-safe; everything must outlive them.
struct ContentContext {
  BlobSaver& blobs;
  const Chunker& chunker;
  ChunkChannel& chunks;
  BufferPool& buffers;
  Progress& progress;
};

/// What a file's content came to.
struct SavedContent {
  std::uint64_t size = 0;  ///< bytes read
  std::vector<Id> blobs;
  AddedBytes added;
};

/// One a fiber; the codec may be shared with fibers of the same thread.
class ContentSaver {
 public:
  ContentSaver(const ContentContext& context, Codec& codec, StopToken stop)
      : context_(context), codec_(codec), stop_(std::move(stop)) {}

  /// Reads the file to its end. At most kChunksInFlight of its blobs are on their way at any time:
  /// their futures are taken as they resolve (D1). Throws SourceError, Error.
  SavedContent save(SourceFile& file);

 private:
  void save_whole(ByteView content);
  void save_in_chunks(SourceFile& file);
  bool read_more(SourceFile& file);
  void send_chunk(std::size_t size);
  void drop_from_window(std::size_t size);
  bool pass_hole(SourceFile& file);
  void collect(std::size_t leave);

  const ContentContext& context_;
  Codec& codec_;
  StopToken stop_;
  Bytes window_;                         ///< what was read and is in no chunk yet
  std::optional<SavedBlob> zero_chunk_;  ///< of the shortest length, stored once it was met

  // Of the file at hand.
  SavedContent saved_;
  std::deque<Future<SavedBlob>> pending_;
};

/// Saves the chunks of large files until the channel ends.
void save_chunks(const ContentContext& context, Codec& codec, const StopToken& stop);

}  // namespace snapfs
