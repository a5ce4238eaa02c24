// The index made to agree with the packs that are there. Loses nothing that an index file or a
// pack's header still knows.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/maintain/progress.h"
#include "fs/time/clock.h"

namespace snapfs {

class Repository;

struct RepairIndexOptions {
  bool read_all_packs = false;  ///< trust no index file where a pack's own header can be read
  /// Throws when the lock must count as lost: called before files are written and removed.
  std::function<void()> require_lock = [] {};
};

/// What was done; each list in ascending order.
struct RepairedIndex {
  std::vector<Id> damaged_files;    ///< index files that could not be read, and are gone
  std::vector<Id> missing_packs;    ///< that were listed, are not there, and are listed no more
  std::vector<Id> added_packs;      ///< that were there and not listed
  std::vector<Id> corrected_packs;  ///< whose header now counts in place of what was listed
  std::vector<Id> damaged_packs;    ///< whose header cannot be read; listed as before
  std::vector<Id> unknown_packs;    ///< whose header cannot be read, and that nothing else lists
  std::size_t replaced_files = 0;   ///< index files
  bool changed = false;
};

/// Reads the headers of packs that no index file lists, that have another size than listed, or that
/// are listed in different ways, and writes new index files before the old ones are removed: a
/// crash leaves packs that are listed twice, at worst. Throws when a file cannot be read for
/// another reason than damage, and Error{kDamaged} when packs are listed and not a single one is
/// there, so that nothing is given up because of a storage that is out of order. The repository's
/// index in memory must be empty; afterwards it has what the new files list.
RepairedIndex repair_index(Repository& repository, const Clock& clock,
                           const RepairIndexOptions& options, MaintenanceProgress& progress,
                           StopToken stop);

}  // namespace snapfs
