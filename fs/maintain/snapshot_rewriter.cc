#include "fs/maintain/snapshot_rewriter.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/tree/replaced_snapshot.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

/// How Go writes a time that nobody set: the first second of year 1.
constexpr ZonedTime kNoTime{{-62'135'596'800, 0}, 0};

void add_tag(Snapshot& snapshot, const std::string& tag) {
  if (std::ranges::find(snapshot.tags, tag) == snapshot.tags.end()) snapshot.tags.push_back(tag);
}

bool is_lost(Repository& repository, const Id& tree, const StopToken& stop) {
  try {
    (void)load_tree_text(repository, tree, stop);
    return false;
  } catch (const Error& error) {
    if (!error.means_loss()) throw;
    return true;
  }
}

bool has_packs(Repository& repository, const StopToken& stop) {
  return !repository.files().list(FileKind::kPack, stop).empty();
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

void SnapshotRewriter::expect(const std::vector<Snapshot>& snapshots) {
  if (!trees_) return;
  for (const Snapshot& snapshot : snapshots) trees_->expect(snapshot.tree);
}

RewrittenSnapshot SnapshotRewriter::rewrite(const Snapshot& old, const SnapshotEdit& edit) {
  std::optional<Snapshot> changed = edited(old, edit);
  RewrittenSnapshot result;
  result.lost = !changed;
  result.emptied = changed && changed->tree != old.tree && changed->tree == empty_tree();
  result.changed = changed != old && !(result.emptied && options_.forget);
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
    if (result.id) {
      remove_replaced_snapshot(repository_, old.id, *result.id, stop_);
    } else {
      repository_.files().remove({FileKind::kSnapshot, old.id}, stop_);
    }
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

void require_readable_root(Repository& repository, const std::vector<Snapshot>& snapshots,
                           StopToken stop) {
  // One that can be read ends the search: there are packs then, too.
  std::unordered_set<Id> lost;
  const Snapshot* first = nullptr;  // of those that are lost
  for (const Snapshot& snapshot : snapshots) {
    if (lost.contains(snapshot.tree)) continue;
    if (!is_lost(repository, snapshot.tree, stop)) return;
    // The empty tree needs no storage to be made again.
    if (snapshot.tree == empty_tree()) continue;
    lost.insert(snapshot.tree);
    if (!first) first = &snapshot;
  }
  if (!first) return;
  const std::string location = repository.files().location();
  if (!has_packs(repository, stop)) {
    throw Error(ErrorCode::kDamaged,
                fmt::format("there is not one pack in {}, so nothing was changed: see that its "
                            "\"data\" directory is there and mounted",
                            location),
                location);
  }
  throw Error(ErrorCode::kDamaged,
              fmt::format("of no snapshot that was chosen anything can be read (such as tree {} of "
                          "snapshot {}), so nothing was changed: see that all of {} is there and "
                          "mounted, run \"snapfs repair index\", and remove what is lost for good "
                          "with \"snapfs forget ID\"",
                          first->tree.short_hex(), first->id.short_hex(), location),
              location);
}

}  // namespace snapfs
