// What a new snapshot is asked to be.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archiver/select/selection.h"
#include "archiver/targets.h"
#include "archiver/unchanged_rule.h"
#include "fs/store/pack_writer.h"
#include "fs/time/timestamp.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

struct SnapshotRequest {
  TargetTree targets;              ///< what to save, resolved against the same source
  Selection selection;             ///< what of it; made for the same source and working directory
  std::optional<Snapshot> parent;  ///< unchanged files are taken over from it
  std::vector<Id> superfluous;     ///< snapshots to be removed when this one is written
  /// What later runs had come to when they were interrupted; at most kMaxParents − 1.
  std::vector<Snapshot> partial;
  UnchangedRule unchanged;         ///< when a file is taken over
  bool skip_if_unchanged = false;  ///< write no snapshot when its tree is the parent's
  bool with_atime = false;         ///< store access times, not modification times again
  std::size_t pack_bytes = PackWriter::kDefaultTargetBytes;
  /// How often to write a partial snapshot; 0: never.
  std::chrono::milliseconds checkpoint_every{0};
  std::function<void()> before_commit;     ///< called before a snapshot or an index file is
                                           ///< written, by several threads; may throw
  std::function<void()> interrupt_source;  ///< called when the run fails or is stopped: a source
                                           ///< that waits for data must give up; thread-safe, quick
  /// A moment before the source was frozen, if it is read from a snapshot of its file system: what
  /// changed since then is not in this snapshot, and the next run has to read it.
  std::optional<Timestamp> frozen_at;
  bool scan = false;              ///< count beforehand what there is, for progress
  unsigned read_concurrency = 0;  ///< files to read at once; 0: two for each worker
  unsigned workers = 0;           ///< threads that read and seal; 0: as many as cores

  // Recorded in the snapshot as they are.
  ZonedTime time;
  std::string hostname;
  std::string username;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::string> excludes;
  std::vector<std::string> tags;
  std::string program_version;
};

}  // namespace snapfs
