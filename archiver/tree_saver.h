// Directories: their entries' nodes, taken in order as they resolve, become a tree blob.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archiver/blob_saver.h"
#include "archiver/statistics.h"
#include "archiver/task/channel.h"
#include "archiver/task/future_node.h"
#include "fs/base/timezone.h"
#include "fs/tree/node.h"

namespace snapfs {

/// The entries of one directory, in ascending order of their names.
struct DirectoryContent {
  std::vector<FutureNode> nodes;
  std::string arena;  ///< JSON of the nodes known at once; NodeSlices point into it

  /// Adds a node that is known now.
  void add(const Node& node, const TimeZone& zone);
};

/// A directory that was walked completely. Its files may still be on their way.
struct TreeJob {
  Node directory;                ///< without its subtree
  std::optional<Node> previous;  ///< of the same name in the parent snapshot
  DirectoryContent content;
  NodePromise promise;
};

/// Where jobs wait; weighed in entries.
using TreeChannel = Channel<TreeJob>;

/// Thread-safe.
class TreeSaver {
 public:
  /// All must outlive the saver.
  TreeSaver(BlobSaver& blobs, Statistics& statistics, const TimeZone& zone)
      : blobs_(blobs), statistics_(statistics), zone_(zone) {}

  /// Takes jobs until the channel ends. Jobs come children first, so the oldest never waits for
  /// one that is behind it.
  void run(TreeChannel& jobs, Codec& codec, const StopToken& stop);

  /// Stores the tree of these entries and returns its ID; nothing when a node's future was
  /// cancelled.
  std::optional<Id> save(DirectoryContent content, Codec& codec, const StopToken& stop);

 private:
  void save_job(TreeJob job, Codec& codec, const StopToken& stop);

  BlobSaver& blobs_;
  Statistics& statistics_;
  const TimeZone& zone_;
};

}  // namespace snapfs
