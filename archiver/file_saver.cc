#include "archiver/file_saver.h"

#include <chrono>
#include <utility>

#include "fs/base/path.h"
#include "fs/tree/node_json.h"

namespace snapfs {

void FileSaver::run(FileChannel& batches) {
  while (std::optional<FileBatch> batch = batches.pop()) {
    std::vector<Opened> opened = open_all(*batch);
    for (std::size_t i = 0; i < batch->size(); ++i) {
      save(std::move((*batch)[i]), std::exchange(opened[i], {}));
    }
  }
}

/// All of the batch before the first is read, so that a disk has more than one request to work on.
std::vector<FileSaver::Opened> FileSaver::open_all(const FileBatch& batch) {
  std::vector<Opened> opened(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    throw_if_stopped(stop_);  // before the source is touched: after a kill no file is opened (D4)
    try {
      opened[i].file = batch[i].directory->open_file(batch[i].disk_name);
      opened[i].file->prefetch();
    } catch (const SourceError& error) {
      opened[i].failure = error;
    }
  }
  return opened;
}

void FileSaver::save(FileJob job, Opened opened) {
  throw_if_stopped(stop_);
  SavedNode saved;
  std::optional<SourceError> failure = std::move(opened.failure);
  try {
    if (opened.file) save_opened(job, *opened.file, saved);
  } catch (const SourceError& error) {
    failure = error;
  }
  // A file that vanished is no error: it was not there when the snapshot was taken (FORMAT §13.2).
  if (failure && !failure->vanished()) context_.progress.warn(*failure);
  ++context_.progress.files_done;
  if (job.place) job.place->add_file(job.node_name, saved.json);
  job.promise.set(std::move(saved));
}

void FileSaver::save_opened(const FileJob& job, SourceFile& file, SavedNode& saved) {
  const CurrentFile current(context_.progress, job.directory->path(), job.disk_name);
  const auto started = std::chrono::steady_clock::now();
  Node node;
  context_.nodes.make(node, job.node_name, file.metadata(), file.attributes());
  SavedContent content = content_.save(file);
  check_settled(file);
  node.size = content.size;
  node.content = std::move(content.blobs);
  append_node_json(saved.json, node, context_.zone);
  const ChangeKind change = change_of(saved.json, job.previous);
  context_.statistics.count_file(change, node.size);
  if (!context_.progress.wants_items()) return;
  context_.progress.show_item({.path = join_path(job.directory->path(), job.disk_name),
                               .change = change,
                               .elapsed = std::chrono::steady_clock::now() - started,
                               .data = content.added});
}

/// What was saved of a file that is being written may be no state that it was ever in. Its times
/// are those of before, so that the next run reads it again.
void FileSaver::check_settled(const SourceFile& file) {
  const SourceMetadata& before = file.metadata();
  const SourceMetadata after = file.current_metadata();
  if (after.size == before.size && after.mtime == before.mtime && after.ctime == before.ctime) {
    return;
  }
  context_.progress.note(file.path(), "changed while it was read; what was read is saved");
}

}  // namespace snapfs
