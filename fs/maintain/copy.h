// Snapshots copied into another repository (FORMAT §17): trees and contents byte for byte, sealed
// anew with the other repository's keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/store/pack_writer.h"
#include "fs/time/clock.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

class MaintenanceProgress;
class Repository;

/// A snapshot to be copied, or the reason why not.
struct CopyCandidate {
  Snapshot snapshot;
  const Snapshot* copied = nullptr;  ///< what the target has it as already; null: nothing
};

/// Which of `wanted` the target lacks. Its `present` snapshots, which must outlive the result, are
/// compared by what a copy keeps: everything but parent and original.
std::vector<CopyCandidate> find_uncopied(const std::vector<Snapshot>& wanted,
                                         const std::vector<Snapshot>& present);

struct CopyOptions {
  std::size_t pack_bytes = PackWriter::kDefaultTargetBytes;

  /// Snapshots are written as soon as this much was copied since the last ones: an interrupted copy
  /// need not start from the beginning.
  std::uint64_t batch_bytes = std::uint64_t{1} << 30;

  /// Called before snapshots are written; throws when a lock was lost.
  std::function<void()> require_locks = [] {};
};

struct CopyFigures {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;  ///< sealed, as the source has them
};

/// Hears of each snapshot that was written.
using SnapshotCopied = std::function<void(const Snapshot& source, const Id& copy)>;

/// Copies the snapshots in the order given, and what the target lacks of their contents, each pack
/// of the source being read once for a batch. Both indexes are loaded. Throws when something cannot
/// be read or written; the snapshots written so far are complete.
CopyFigures copy_snapshots(Repository& source, Repository& target, const Clock& clock,
                           std::span<const Snapshot> snapshots, const CopyOptions& options,
                           MaintenanceProgress& progress, const SnapshotCopied& copied,
                           StopToken stop);

}  // namespace snapfs
