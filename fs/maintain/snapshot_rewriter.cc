#include "fs/maintain/snapshot_rewriter.h"

#include <algorithm>
#include <utility>

#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

/// How Go writes a time that nobody set: the first second of year 1.
constexpr ZonedTime kNoTime{{-62'135'596'800, 0}, 0};

void add_tag(Snapshot& snapshot, const std::string& tag) {
  if (std::ranges::find(snapshot.tags, tag) == snapshot.tags.end()) snapshot.tags.push_back(tag);
}

}  // namespace

SnapshotRewriter::SnapshotRewriter(Repository& repository, const Clock& clock, TreeEditor* editor,
                                   const SnapshotRewriteOptions& options, StopToken stop)
    : repository_(repository),
      options_(options),
      stop_(std::move(stop)),
      writer_(repository, clock, options.pack_bytes) {
  BlobWriter* const writer = options.dry_run ? nullptr : &writer_;
  if (editor != nullptr) trees_.emplace(repository, *editor, writer, stop_);
}

RewrittenSnapshot SnapshotRewriter::rewrite(const Snapshot& old, const SnapshotEdit& edit) {
  std::optional<Snapshot> changed = edited(old, edit);
  RewrittenSnapshot result;
  result.lost = !changed;
  result.changed = changed != old;
  if (options_.dry_run) return result;
  writer_.flush(stop_);
  if (!result.changed) return result;
  options_.require_lock();
  if (changed) {
    changed->original = old.id;  // as restic has it: of several rewrites the last one counts
    if (!options_.forget) add_tag(*changed, options_.tag);
    result.id = save_snapshot(repository_, *changed, stop_);
  }
  if (options_.forget) {
    repository_.backend().remove({FileKind::kSnapshot, old.id}, stop_);
    result.old_removed = true;
  }
  return result;
}

std::optional<Snapshot> SnapshotRewriter::edited(const Snapshot& old, const SnapshotEdit& edit) {
  Snapshot changed = old;
  if (trees_) {
    const std::optional<Id> tree = trees_->rewrite(old.tree);
    if (!tree) return std::nullopt;
    changed.tree = *tree;
  }
  if (trees_ && edit.count_files && !trees_->gave_up()) {
    if (!changed.summary) {
      changed.summary.emplace();
      changed.summary->backup_start = changed.summary->backup_end = kNoTime;
    }
    changed.summary->total_files_processed = trees_->file_count();
    changed.summary->total_bytes_processed = trees_->file_bytes();
  }
  if (edit.time) changed.time = *edit.time;
  if (edit.hostname) changed.hostname = *edit.hostname;
  return changed;
}

}  // namespace snapfs
