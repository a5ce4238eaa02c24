// Directories: their entries' nodes, taken in order as they resolve, become a tree blob.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "archiver/blob_saver.h"
#include "archiver/checkpoint_log.h"
#include "archiver/progress.h"
#include "archiver/statistics.h"
#include "archiver/task/channel.h"
#include "archiver/task/future_node.h"
#include "fs/time/timezone.h"
#include "fs/tree/node.h"

namespace snapfs {

/// The entries of one directory, in ascending order of their names.
struct DirectoryContent {
  std::vector<FutureNode> nodes;
  std::string arena;  ///< JSON of the nodes known at once; NodeSlices point into it
};

/// What the entries take of a queue's room, about, in bytes of memory.
std::size_t weight_of(const DirectoryContent& content) noexcept;

/// A directory that was walked completely. Its files may still be on their way.
struct TreeJob {
  Node directory;        ///< without its subtree
  std::string previous;  ///< JSON of that name in the parent snapshot; empty if there is none
  DirectoryContent content;
  CheckpointLog::PlacePtr place;  ///< null without checkpoints
  NodePromise promise;

  // For the report; not set when nobody wants one.
  std::string path;  ///< on disk
  std::chrono::steady_clock::time_point started;
};

/// Where jobs wait; weighed by weight_of.
using TreeChannel = Channel<TreeJob>;

/// Thread-safe.
class TreeSaver {
 public:
  /// All must outlive the saver.
  TreeSaver(BlobSaver& blobs, Statistics& statistics, Progress& progress, const TimeZone& zone)
      : blobs_(blobs), statistics_(statistics), progress_(progress), zone_(zone) {}

  /// Takes jobs until the channel ends. Jobs come children first, so the oldest never waits for
  /// one that is behind it.
  void run(TreeChannel& jobs, Codec& codec, const StopToken& stop);

  /// Stores the tree of these entries; nothing when a node's future was
  /// cancelled.
  std::optional<SavedBlob> save(DirectoryContent content, Codec& codec, const StopToken& stop);

 private:
  void report(const TreeJob& job, ChangeKind change, const AddedBytes& added);
  void save_job(TreeJob job, Codec& codec, const StopToken& stop);

  BlobSaver& blobs_;
  Statistics& statistics_;
  Progress& progress_;
  const TimeZone& zone_;
};

}  // namespace snapfs
