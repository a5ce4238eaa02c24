#include "archiver/archiver.h"

#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "archiver/pipeline.h"
#include "archiver/scanner.h"
#include "archiver/target_selection.h"
#include "archiver/targets.h"
#include "fs/base/deadline.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_saver.h"
#include "fs/time/timezone.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

/// Targets that could not be found are problems of the source like any other, unless all are.
void check_targets(const TargetTree& targets, Progress& progress) {
  for (const std::string& path : targets.paths) {
    if (path.find('\0') == std::string::npos) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no path: what it was read from has a zero byte in it",
                            path.substr(0, path.find('\0'))));
  }
  for (const SourceError& failure : targets.failures) progress.warn(failure);
  if (targets.roots.empty()) {
    throw Error(ErrorCode::kNotFound, "nothing to snapshot: none of the paths given can be read");
  }
}

Snapshot describe(const SnapshotRequest& request) {
  Snapshot snapshot;
  snapshot.time = request.time;
  if (request.parent) snapshot.parent = request.parent->id;
  snapshot.paths = request.targets.paths;
  snapshot.hostname = request.hostname;
  snapshot.username = request.username;
  snapshot.uid = request.uid;
  snapshot.gid = request.gid;
  snapshot.excludes = request.excludes;
  snapshot.tags = request.tags;
  snapshot.program_version = request.program_version;
  return snapshot;
}

/// Everything about one run that its snapshot records, as far as it is known at any moment.
class Record {
 public:
  Record(const SnapshotRequest& request, const Statistics& statistics, const Clock& clock)
      : request_(request),
        statistics_(statistics),
        clock_(clock),
        start_(TimeZone::local().at(request.frozen_at.value_or(clock.now()))) {}

  Snapshot snapshot(const Id& tree, const Pipeline& pipeline) const {
    Snapshot snapshot = describe(request_);
    if (pipeline.attributes_unread()) snapshot.program_version += kAttributesUnread;
    snapshot.tree = tree;
    SnapshotSummary summary;
    summary.backup_start = start_;
    summary.backup_end = TimeZone::local().at(clock_.now());
    statistics_.write_to(summary);
    summary.data_added_packed = pipeline.packed_bytes();
    snapshot.summary = summary;
    return snapshot;
  }

 private:
  const SnapshotRequest& request_;
  const Statistics& statistics_;
  const Clock& clock_;
  const ZonedTime start_;
};

/// The partial snapshots that exist because of this run, and those that it makes superfluous. Only
/// the snapshot's file is removed, nothing that it refers to, which is why the shared lock will do:
/// a program that has read it goes on undisturbed, one that has only listed it does not find it.
class PartialSnapshots {
 public:
  PartialSnapshots(Repository& repository, const SnapshotRequest& request)
      : repository_(repository), request_(request) {}

  /// In the checkpointer's thread. The new one is there before the old one goes.
  void write(Snapshot snapshot, const StopToken& stop) {
    snapshot.tags.emplace_back(kPartialTag);
    if (request_.before_commit) request_.before_commit();
    const Id id = save_snapshot(repository_, snapshot, stop);
    if (last_) remove(*last_, stop);
    last_ = id;
  }

  /// When the run's own snapshot is written. Those of earlier runs may hold what this one could not
  /// read: they go only if it read everything.
  void finish(bool complete, const StopToken& stop) {
    if (last_) remove(*last_, stop);
    if (!complete) return;
    for (const Id& id : request_.superfluous) remove(id, stop);
  }

 private:
  /// That one stays, because of a stop or because others have removed it, is no failure: the next
  /// run tries again.
  void remove(const Id& id, const StopToken& stop) noexcept {
    try {
      repository_.files().remove({FileKind::kSnapshot, id}, stop);
    } catch (const std::exception&) {
    }
  }

  Repository& repository_;
  const SnapshotRequest& request_;
  std::optional<Id> last_;
};

/// After a run that failed or was stopped: what it stored is listed, so that the next run need not
/// store it again. Not when the lock was lost: others may have removed it. There is no second
/// chance; the run's own error is the one to report.
void keep_what_is_stored(IndexSaver& indexes, const Execution& execution) noexcept {
  try {
    within(
        kCleanupTime, [&](const StopToken& stop) { indexes.flush(stop); },
        execution.timer != nullptr ? *execution.timer : steady_timer(), execution.last_call);
  } catch (const std::exception&) {
    // The packs stay, unlisted; prune removes them.
  }
}

}  // namespace

Snapshot create_snapshot(Repository& repository, const SourceFs& source, const Clock& clock,
                         SnapshotRequest request, Progress& progress, StopToken stop,
                         const Execution& execution) {
  // Partial snapshots that cannot be removed would pile up.
  if (repository.files().keeps_everything()) request.checkpoint_every = {};
  Statistics statistics;
  const Record record(request, statistics, clock);
  check_targets(request.targets, progress);
  remove_unselected(request.targets, source, request.selection, progress);

  std::optional<Scanner> scanner;
  if (request.scan) scanner.emplace(source, request.targets, request.selection, progress);

  IndexSaver indexes(repository, clock, request.before_commit);
  PackSaver packs(repository, indexes);
  PartialSnapshots partial(repository, request);
  Pipeline pipeline(
      repository, source, packs, request, statistics, progress, stop, indexes,
      [&](const Id& tree) {
        try {
          partial.write(record.snapshot(tree, pipeline), stop);
        } catch (const Error& error) {
          if (error.ends_the_run() || error.code() == ErrorCode::kLocked) throw;
          progress.note("checkpoint", error.what());  // the run can do without it
        }
      },
      execution);
  Id tree;
  std::exception_ptr failure;
  try {
    tree = pipeline.run();
    // Packs are stored; now what names them, and last what names everything.
    indexes.flush(stop);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    keep_what_is_stored(indexes, execution);
    std::rethrow_exception(failure);
  }
  scanner.reset();
  Snapshot snapshot = record.snapshot(tree, pipeline);
  const bool skipped =
      request.skip_if_unchanged && request.parent && request.parent->tree == snapshot.tree;
  if (request.before_commit) request.before_commit();
  if (!skipped) snapshot.id = save_snapshot(repository, snapshot, stop);
  partial.finish(progress.errors == 0, stop);
  return snapshot;
}

}  // namespace snapfs
