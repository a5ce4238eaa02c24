// Whether a repository is sound: index files, packs, snapshots, trees, and if wanted every byte
// (FORMAT §16). Changes nothing. What can be done about a finding is the repair commands' business.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/maintain/pack_subset.h"
#include "fs/maintain/progress.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

class Repository;

struct CheckOptions {
  std::vector<std::string> snapshots;  ///< IDs, beginnings of IDs, "latest"; empty: by the filter
  SnapshotFilter filter;
  std::optional<PackSubset> read_data;  ///< of the packs that the chosen snapshots use
  bool find_unused = false;

  /// Whether only some snapshots are looked at.
  bool is_selective() const noexcept {
    return !snapshots.empty() || !filter.hosts.empty() || !filter.tags.empty() ||
           !filter.paths.empty();
  }
};

/// Follows a check. error() and warn() are called one at a time, from any thread.
class CheckListener : public MaintenanceProgress {
 public:
  /// A line that names the thing that is damaged, or that cannot be read now, which calls for no
  /// repair. What is not as it should be and harms nobody goes to warn().
  virtual void error(std::string_view message) = 0;
};

/// What came out, and what to do about it.
struct CheckVerdict {
  std::uint64_t errors = 0;
  std::uint64_t unchecked = 0;  ///< of the errors: things that could not be read now, not damage
  std::set<Id> broken_packs;    ///< for "repair packs"
  bool suggest_repair_index = false;
  bool suggest_repair_snapshots = false;  ///< when the others have done what they can
  bool read_data = false;                 ///< whether the packs that were wanted were read
  std::size_t packs_read = 0;             ///< of these
  std::size_t packs = 0;                  ///< that they were chosen from
  bool suggest_prune = false;

  bool sound() const noexcept { return errors == 0; }

  bool read_all() const noexcept { return read_data && packs_read == packs; }

  /// Whether something that snapshots need seems to be gone.
  bool means_loss() const noexcept { return suggest_repair_snapshots || !broken_packs.empty(); }
};

/// Ends early after index files that cannot be read: everything else would only echo that. Throws
/// what listing files throws, Error{kNotFound}, Error{kUsage} for a snapshot that was asked for and
/// is not there, and Error{kUsage} when the filter matches none. The repository's index is loaded
/// afterwards; it must be empty before.
CheckVerdict check_repository(Repository& repository, const CheckOptions& options,
                              CheckListener& listener, StopToken stop);

}  // namespace snapfs
