// The machinery of one run: the channels, the fibers and threads between them, and the order in
// which they end.
//
//   walkers ──files──▶ file savers ──chunks──▶ chunk savers ──▶ packs ──▶ uploader
//      └────────────trees──────────▶ tree savers ─────────────▶ packs
//
// Every worker thread runs one saver of each kind, as fibers: while one waits the others work. The
// walkers have threads of their own, of which the calling one is the first.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "archiver/blob_saver.h"
#include "archiver/buffer_pool.h"
#include "archiver/checkpoint_log.h"
#include "archiver/checkpointer.h"
#include "archiver/chunk/chunker.h"
#include "archiver/chunk/chunker_tables.h"
#include "archiver/execution.h"
#include "archiver/file_saver.h"
#include "archiver/node_maker.h"
#include "archiver/progress.h"
#include "archiver/request.h"
#include "archiver/source/source_fs.h"
#include "archiver/statistics.h"
#include "archiver/stored_pack_counter.h"
#include "archiver/task/tomb.h"
#include "archiver/task/worker_pool.h"
#include "archiver/tree_saver.h"
#include "archiver/uploader.h"
#include "archiver/walker.h"
#include "fs/repo/repository.h"
#include "fs/store/pack_writer.h"

namespace snapfs {

/// Runs once. Its members stand in the order of their dependence: what is below is destroyed first.
class Pipeline {
 public:
  /// Everything must outlive the pipeline; `stored` gets the finished packs, whose descriptions go
  /// to `indexes`. `commit_partial` is what a Checkpointer calls, if the request wants checkpoints.
  Pipeline(Repository& repository, const SourceFs& source, PackSink& stored,
           const SnapshotRequest& request, Statistics& statistics, Progress& progress,
           const StopToken& stop, IndexSaver& indexes,
           std::function<void(const Id& tree)> commit_partial, const Execution& execution);

  /// Saves the request's targets and returns the root tree's ID when every blob is stored. Throws
  /// the first error, after everything was joined.
  Id run();

  /// Whether there were attributes that could not be read, so far.
  bool attributes_unread() const noexcept { return nodes_.attributes_unread(); }

  /// What the packs grew by.
  std::uint64_t packed_bytes() const { return packs_.packed_bytes(); }

 private:
  void work(std::size_t worker);
  void save_files(std::size_t saver, Codec& codec, const StopToken& stop);
  DirectoryContent walk();
  Id save_root(DirectoryContent content);

  ThreadExecutor threads_;
  const Executor& executor_;
  Repository& repository_;
  const SnapshotRequest& request_;
  const TimeZone& zone_;
  Tomb tomb_;
  std::vector<std::unique_ptr<Codec>> codecs_;  ///< one a worker thread
  std::atomic<std::size_t> file_savers_;        ///< the last to end closes the chunk channel
  ChunkerTables chunker_tables_;
  Chunker chunker_;
  NodeMaker nodes_;
  std::unique_ptr<CheckpointLog> log_;  ///< null without checkpoints
  FileChannel files_;
  ChunkChannel chunks_;
  TreeChannel trees_;
  WalkChannel walks_;
  BufferPool buffers_;
  StoredPackCounter stored_;
  Uploader uploader_;
  PackWriter packs_;
  BlobSaver blobs_;
  TreeSaver tree_saver_;
  FileSaverContext file_context_;
  TreesAhead parents_;
  WalkerContext walk_context_;
  Statistics checkpoint_statistics_;  ///< partial snapshots' own trees are no work of the run
  BlobSaver checkpoint_blobs_;
  CheckpointContext checkpoint_context_;
};

}  // namespace snapfs
