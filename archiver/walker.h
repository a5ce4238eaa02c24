// The source, walked depth first in byte order of the names, beside the parent snapshot: what is
// unchanged is taken over at once, what has to be read becomes a job, and every finished directory
// that differs becomes one, too. A directory is handed to another walker when one is idle.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archiver/checkpoint_log.h"
#include "archiver/directory_draft.h"
#include "archiver/file_saver.h"
#include "archiver/parent_directory.h"
#include "archiver/progress.h"
#include "archiver/select/selection.h"
#include "archiver/source/source_fs.h"
#include "archiver/statistics.h"
#include "archiver/takeover.h"
#include "archiver/targets.h"
#include "archiver/task/channel.h"
#include "archiver/tree_saver.h"
#include "fs/repo/repository.h"

namespace snapfs {

/// A directory that one walker found and another one walks.
struct WalkTask {
  std::shared_ptr<SourceDir> directory;  ///< that it is in
  std::string disk_name;
  std::string node_name;
  std::array<std::string, kMaxParents> previous;  ///< as in PreviousNode
  std::uint64_t device = 0;
  bool is_explicit = false;
  std::size_t depth = 0;
  std::shared_ptr<SharedDirectory> above;
  CheckpointLog::PlacePtr place;  ///< of the directory that it is in; null without checkpoints
  NodePromise promise;
};

/// Closed by the walker that ends the last directory.
using WalkChannel = Channel<WalkTask>;

/// What the walkers work with; everything must outlive them.
struct WalkerContext {
  TreesAhead& parents;
  const SourceFs& source;
  const Selection& selection;
  Statistics& statistics;
  Progress& progress;
  FileChannel& files;
  TreeChannel& trees;
  WalkChannel& walks;
  TakeoverContext takeover;
  std::size_t complete_parent;  ///< from this one on parents stay when the run is interrupted
  CheckpointLog* log;           ///< null without checkpoints
};

/// One a thread. Neither copied nor moved.
class Walker {
 public:
  Walker(const WalkerContext& context, StopToken stop)
      : context_(context), takeover_(context.takeover), stop_(std::move(stop)) {}
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;

  /// Walks the targets, then helps until all is walked. Returns the entries of the root; all jobs
  /// they wait for have been submitted, but for those that other walkers submit before they return.
  /// Throws Error{kCancelled} after a kill.
  DirectoryContent walk(const TargetTree& targets);

  /// Walks what others hand over until all is walked.
  void help();

 private:
  /// A directory that was walked: its node, or the job that will make one.
  struct Walked {
    std::string json;
    std::optional<TreeJob> job;  ///< complete but for its promise
    std::shared_ptr<SharedDirectory> shared;
  };

  void walk_target(const TargetNode& target, const std::shared_ptr<SourceDir>& above,
                   DirectoryDraft& draft);
  void walk_ancestor(const TargetNode& target, const SourceItem& item, DirectoryDraft& above);
  bool walk_item(const SourceItem& item, DirectoryDraft& draft);
  void walk_file(const SourceItem& item, const SourceMetadata& metadata, DirectoryDraft& draft);
  void walk_below(const SourceItem& item, DirectoryDraft& draft);
  void walk_task(WalkTask task);
  Walked walk_directory(const SourceItem& item, DirectoryDraft& above);
  static CheckpointLog::PlacePtr enter(const SourceItem& item, const Node& directory,
                                       const DirectoryDraft& above);
  TreeJob begin_directory(const SourceDir& directory) const;
  bool must_be_logged(const PreviousNode& previous) const;
  Walked finish(TreeJob job, const PreviousNode& previous, DirectoryDraft& draft);
  void add(Walked walked, const PreviousNode& previous, DirectoryDraft& above);
  void settle(Walked walked, NodePromise promise);
  bool hand_over(const SourceItem& item, DirectoryDraft& draft);

  ParentDirectory load_parents(const ParentTrees& trees, const std::string& path);
  ParentDirectory load_root();
  void submit_file(const SourceItem& item, std::uint64_t bytes, DirectoryDraft& draft);
  void submit(TreeJob job);
  void leave(std::shared_ptr<SharedDirectory> directory);
  void flush();

  const WalkerContext& context_;
  Takeover takeover_;
  StopToken stop_;
  FileBatch batch_;
  std::uint64_t batch_bytes_ = 0;
  std::size_t depth_ = 0;
  std::uint64_t unmodified_files_ = 0;  // not yet told to statistics and progress
  std::uint64_t unmodified_bytes_ = 0;
};

}  // namespace snapfs
