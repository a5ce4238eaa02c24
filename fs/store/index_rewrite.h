// Index files made anew: without packs that are to go, and without the many small files that many
// small runs leave.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_set>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/index/index.h"

namespace snapfs {

class Repository;

struct IndexRewriteHooks {
  /// Called when all new files are written and the old ones are about to be removed; throws when
  /// the lock was lost.
  std::function<void()> require_lock = [] {};

  /// Hears of every index file that was dealt with; called by several threads at once.
  std::function<void()> done = [] {};
};

/// Replaces every index file that lists one of the packs `dropped`, or is not full, or is larger
/// than files are to be, or lists a pack that another one lists which stays: of several files with
/// the same pack, the one with the lowest ID stays. No pack is listed twice afterwards; one that
/// was listed in contradicting ways is listed with all blobs that any list gave it, so that no blob
/// is lost to the index. First all new files are written, then the old ones are removed: whoever
/// reads in between sees some packs twice. Throws when a file cannot be read, written, or removed;
/// `dropped` packs may then be listed still, so they must stay. Reads files that are replaced
/// twice, and holds about a hundred bytes for each pack. The repository's index in memory does not
/// change.
void rewrite_index(Repository& repository, const std::unordered_set<Id>& dropped, StopToken stop,
                   const IndexRewriteHooks& hooks = {});

/// Writes all that `contents` lists, without the packs `dropped`, to new index files, each pack
/// once: several lists of a pack must not contradict each other.
void save_index(Repository& repository, const Index::Contents& contents,
                const std::unordered_set<Id>& dropped, StopToken stop);

}  // namespace snapfs
