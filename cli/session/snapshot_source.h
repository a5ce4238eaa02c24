// What "snapfs snapshot" reads: files, one item under another path, or a stream.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archiver/source/local.h"
#include "archiver/targets.h"
#include "cli/output/snapshot_paths.h"
#include "cli/session/source_freeze.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/time/timestamp.h"

namespace snapfs {

struct GlobalOptions;
struct SnapshotOptions;

/// A source with the targets in it. Neither copied nor moved.
class SnapshotSource {
 public:
  /// Throws Error{kUsage} when the options do not go together or a path is none. A command is
  /// started when its output is read, not before. `time` is the snapshot's; both structures must
  /// outlive the source.
  SnapshotSource(const GlobalOptions& global, const SnapshotOptions& options, Timestamp time);
  ~SnapshotSource() { thaw(); }
  SnapshotSource(const SnapshotSource&) = delete;
  SnapshotSource& operator=(const SnapshotSource&) = delete;

  const SourceFs& fs() const noexcept { return placed_ != nullptr ? *placed_ : files(); }
  const TargetTree& targets() const noexcept { return targets_; }

  /// From now on the files are those of this moment, if --source-snapshot asks for that; the
  /// targets are looked for anew. `selection` says which file systems below them will be read.
  /// Throws Error when a target's file system cannot be frozen.
  void freeze(const Selection& selection, const StopToken& stop);

  /// Removes the snapshots of file systems; nothing may be read any more. One that cannot be
  /// removed is named on standard error.
  void thaw() noexcept;

  /// What freeze() did; nothing before that, and without --source-snapshot.
  const std::optional<FrozenSources>& frozen() const noexcept { return freeze_.what(); }

  /// A stream's size is not known before it ends.
  bool is_stream() const noexcept { return is_stream_; }

  /// Whether it is the stream, or the command that yields it, that failed.
  bool is_from_stream(const Error& error) const noexcept;

  /// Makes whoever waits for a stream's data give up. Thread-safe.
  void interrupt() const { stop_.request_stop(); }

  /// What items are called in the snapshot.
  SnapshotPaths stored_paths() const;

 private:
  void place_stream(const SnapshotOptions& options, Timestamp time);
  void place_target(const std::string& as_path);
  void resolve_placed(const std::string& path);
  void resolve();

  /// The files of this machine.
  const SourceFs& files() const noexcept {
    if (freeze_.source() != nullptr) return *freeze_.source();
    return local_;
  }

  mutable StopSource stop_;
  LocalSource local_{stop_.get_token()};
  const GlobalOptions& global_;
  const SnapshotOptions& options_;
  Timestamp time_;
  std::vector<std::string> given_;  ///< targets on this machine
  SourceFreeze freeze_;
  std::unique_ptr<SourceFs> placed_;  ///< before the files, if it is there
  TargetTree targets_;
  bool is_stream_ = false;
  std::vector<std::string> stream_names_;  ///< the subjects of errors of the stream
  std::string moved_from_;  ///< on disk; empty unless the target has another path in the snapshot
  std::string moved_to_;
};

}  // namespace snapfs
