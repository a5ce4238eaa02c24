// Regular files: opened, read, cut into chunks, their blobs saved, their nodes delivered.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archiver/blob_saver.h"
#include "archiver/chunk/chunker.h"
#include "archiver/node_maker.h"
#include "archiver/progress.h"
#include "archiver/source/source_fs.h"
#include "archiver/statistics.h"
#include "archiver/task/channel.h"
#include "archiver/task/future.h"
#include "archiver/task/future_node.h"
#include "fs/base/timezone.h"
#include "fs/tree/node.h"

namespace snapfs {

/// A file that has to be read.
struct FileJob {
  std::shared_ptr<const SourceDir> directory;
  std::string disk_name;         ///< in `directory`
  std::string node_name;         ///< in the snapshot
  std::optional<Node> previous;  ///< of the same name in the parent snapshot
  NodePromise promise;
};

/// Small files travel together: handing one over costs as much as saving it.
using FileBatch = std::vector<FileJob>;
using FileChannel = Channel<FileBatch>;

/// One chunk of a large file, to be saved by whoever is free.
struct ChunkJob {
  Bytes bytes;
  Promise<Id> promise;
};

/// Weighed in bytes.
using ChunkChannel = Channel<ChunkJob>;

/// What all file savers share. Thread-safe; everything must outlive them.
struct FileSaverContext {
  BlobSaver& blobs;
  const Chunker& chunker;
  NodeMaker& nodes;
  Statistics& statistics;
  Progress& progress;
  const TimeZone& zone;
  ChunkChannel& chunks;
};

/// One a fiber; the codec may be shared with fibers of the same thread.
class FileSaver {
 public:
  FileSaver(const FileSaverContext& context, Codec& codec, StopToken stop)
      : context_(context), codec_(codec), stop_(std::move(stop)) {}

  /// Takes batches until the channel ends.
  void run(FileChannel& batches);

 private:
  using PendingChunks = std::deque<Future<Id>>;

  void save(FileJob job);
  Node read(const FileJob& job);
  void read_content(SourceFile& file, Node& node);
  void save_whole(ByteView content, Node& node);
  void save_in_chunks(SourceFile& file, Bytes head, Node& node);
  void send_chunk(Bytes chunk, PendingChunks& pending, Node& node);
  void collect(PendingChunks& pending, std::size_t leave, Node& node);

  const FileSaverContext& context_;
  Codec& codec_;
  StopToken stop_;
  Bytes buffer_;  ///< a small file's content; kept to save allocations
};

/// Saves the chunks of large files until the channel ends.
void save_chunks(ChunkChannel& chunks, BlobSaver& blobs, Codec& codec, const StopToken& stop);

}  // namespace snapfs
