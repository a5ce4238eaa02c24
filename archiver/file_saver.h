// Regular files: opened, their content saved, their nodes delivered.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archiver/checkpoint_log.h"
#include "archiver/content_saver.h"
#include "archiver/node_maker.h"
#include "archiver/progress.h"
#include "archiver/source/source_fs.h"
#include "archiver/statistics.h"
#include "archiver/task/channel.h"
#include "archiver/task/future_node.h"
#include "fs/time/timezone.h"
#include "fs/tree/node.h"

namespace snapfs {

/// A file that has to be read.
struct FileJob {
  std::shared_ptr<const SourceDir> directory;
  std::string disk_name;          ///< in `directory`
  std::string node_name;          ///< in the snapshot
  std::string previous;           ///< JSON of that name in the parent snapshot; empty if none
  CheckpointLog::PlacePtr place;  ///< of the directory; null without checkpoints
  NodePromise promise;
};

/// Small files travel together: handing one over costs as much as saving it.
using FileBatch = std::vector<FileJob>;
using FileChannel = Channel<FileBatch>;

/// What all file savers share. Thread-safe; everything must outlive them.
struct FileSaverContext {
  ContentContext content;
  NodeMaker& nodes;
  Statistics& statistics;
  Progress& progress;
  const TimeZone& zone;
};

/// One a fiber; the codec may be shared with fibers of the same thread.
class FileSaver {
 public:
  FileSaver(const FileSaverContext& context, Codec& codec, StopToken stop)
      : context_(context), content_(context.content, codec, stop), stop_(std::move(stop)) {}

  /// Takes batches until the channel ends.
  void run(FileChannel& batches);

 private:
  /// A file of a batch: opened, or why not.
  struct Opened {
    std::unique_ptr<SourceFile> file;
    std::optional<SourceError> failure;
  };

  std::vector<Opened> open_all(const FileBatch& batch);
  void save(FileJob job, Opened opened);
  void save_opened(const FileJob& job, SourceFile& file, SavedNode& saved);
  void check_settled(const SourceFile& file);

  const FileSaverContext& context_;
  ContentSaver content_;
  StopToken stop_;
};

}  // namespace snapfs
