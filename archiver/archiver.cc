#include "archiver/archiver.h"

#include <optional>
#include <utility>

#include "archiver/pipeline.h"
#include "archiver/scanner.h"
#include "archiver/targets.h"
#include "fs/base/timezone.h"
#include "fs/repo/index_saver.h"
#include "fs/repo/pack_saver.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

/// Targets that could not be found are problems of the source like any other, unless all are.
void check_targets(const TargetTree& targets, Progress& progress) {
  for (const SourceError& failure : targets.failures) {
    progress.warn(failure.subject(), failure.what());
  }
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
  snapshot.tags = request.tags;
  snapshot.program_version = request.program_version;
  return snapshot;
}

}  // namespace

Snapshot create_snapshot(Repository& repository, const SourceFs& source, const Clock& clock,
                         const SnapshotRequest& request, Progress& progress, StopToken stop) {
  SnapshotSummary summary;
  summary.backup_start = TimeZone::local().at(clock.now());
  check_targets(request.targets, progress);

  std::optional<Scanner> scanner;
  if (request.scan) scanner.emplace(source, request.targets, progress);

  IndexSaver indexes(repository, clock);
  PackSaver packs(repository, indexes);
  Statistics statistics;
  Pipeline pipeline(repository, source, packs, request, statistics, progress, stop);
  Snapshot snapshot = describe(request);
  snapshot.tree = pipeline.run();
  scanner.reset();

  // Packs are stored; now what names them, and last what names everything.
  indexes.flush(stop);
  statistics.write_to(summary);
  summary.data_added_packed = pipeline.packed_bytes();
  summary.backup_end = TimeZone::local().at(clock.now());
  snapshot.summary = summary;
  if (request.before_commit) request.before_commit();
  snapshot.id = save_snapshot(repository, snapshot, std::move(stop));
  return snapshot;
}

}  // namespace snapfs
