// Index files made anew: without packs that are to go, and without the many small files that many
// small runs leave.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_set>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/repo/index.h"

namespace snapfs {

class Repository;

/// Hears of every index file that was dealt with; called by several threads at once.
using IndexFileDone = std::function<void()>;

/// Replaces every index file that lists one of the packs `dropped`, or is not full, or is larger
/// than files are to be. No pack is listed twice afterwards. First all new files are written, then
/// the old ones are removed: whoever reads in between sees some packs twice. Throws when a file
/// cannot be read, written, or removed; `dropped` packs may then be listed still, so they must
/// stay. The repository's index in memory does not change.
void rewrite_index(Repository& repository, const std::unordered_set<Id>& dropped, StopToken stop,
                   const IndexFileDone& done = nullptr);

/// Writes all that `contents` lists, without the packs `dropped`, to new index files.
void save_index(Repository& repository, const Index::Contents& contents,
                const std::unordered_set<Id>& dropped, StopToken stop);

}  // namespace snapfs
