// Snapshots made anew from others: with other trees, another time, another host. The old one stays,
// or goes when the new one is stored.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/maintain/tree_rewriter.h"
#include "fs/store/blob_writer.h"
#include "fs/time/clock.h"
#include "fs/time/timestamp.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

struct SnapshotRewriteOptions {
  bool dry_run = false;
  bool forget = false;  ///< the old snapshot goes; otherwise the new one gets the tag
  std::string tag = "rewrite";
  std::size_t pack_bytes = PackWriter::kDefaultTargetBytes;

  /// Called before a snapshot is written or removed; throws when the lock was lost.
  std::function<void()> require_lock = [] {};
};

/// What else is to be different.
struct SnapshotEdit {
  std::optional<ZonedTime> time;
  std::optional<std::string> hostname;
  bool count_files = false;  ///< the summary tells how many files and bytes there are
};

struct RewrittenSnapshot {
  bool changed = false;
  bool lost = false;     ///< nothing of it can be read: there is no new one
  bool emptied = false;  ///< nothing is left of what was in it
  std::optional<Id> id;  ///< of the new snapshot; empty in a dry run
  bool old_removed = false;
};

/// One for many snapshots; the index is loaded. Not thread-safe.
class SnapshotRewriter {
 public:
  /// `editor` null: trees stay as they are. All references must outlive the rewriter.
  SnapshotRewriter(Repository& repository, const Clock& clock, TreeEditor* editor,
                   const SnapshotRewriteOptions& options, StopToken stop);

  /// Says that these will be rewritten, in this order.
  void expect(const std::vector<Snapshot>& snapshots);

  /// Trees, index, the new snapshot, in this order; then the old one may go. One of which nothing
  /// would be left is not replaced: it stays as it is, unchanged. Throws what TreeRewriter throws:
  /// the snapshot is then as it was.
  RewrittenSnapshot rewrite(const Snapshot& old, const SnapshotEdit& edit = {});

 private:
  std::optional<Snapshot> edited(const Snapshot& old, const SnapshotEdit& edit);

  Repository& repository_;
  const SnapshotRewriteOptions& options_;
  const StopToken stop_;
  BlobWriter writer_;
  std::optional<TreeRewriter> trees_;
};

/// To be asked before snapshots are removed for what is lost of them: throws Error{kDamaged} when
/// the roots of all of them are lost, or there is not one pack, as that is what a storage looks
/// like of which a part is not mounted. Throws what loading a tree throws when that is no loss. The
/// index is loaded.
void require_readable_root(Repository& repository, const std::vector<Snapshot>& snapshots,
                           StopToken stop);

}  // namespace snapfs
