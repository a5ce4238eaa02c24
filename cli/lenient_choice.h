// The snapshots that a command is to work on: those that were named, or all that the filter
// matches. What cannot be had is told, and the rest is worked on.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "fs/base/stop_token.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

class Repository;
struct FilterOptions;

/// For one command; not thread-safe.
class LenientChoice {
 public:
  /// `json`: how warnings are told.
  explicit LenientChoice(bool json) : json_(json) {}

  /// All snapshots, in ascending order of their times. Damaged ones are left out and told.
  std::vector<Snapshot> load(Repository& repository, StopToken stop);

  /// Those of `snapshots` that the IDs name, each once, in the same order. A name that fits none is
  /// told and passed over.
  std::vector<Snapshot> named(const std::vector<Snapshot>& snapshots,
                              const std::vector<std::string>& ids, const SnapshotFilter& filter);

  /// load() and then named(), or all that match when there are no IDs.
  std::vector<Snapshot> choose(Repository& repository, const FilterOptions& filter,
                               const std::vector<std::string>& ids, StopToken stop);

  /// The command's status, with a line that says why when damaged snapshots were left out.
  ExitCode finish() const;

 private:
  bool json_;
  std::size_t damaged_ = 0;
};

/// Those that the filter matches, in the same order.
std::vector<Snapshot> matching(const std::vector<Snapshot>& snapshots,
                               const SnapshotFilter& filter);

}  // namespace snapfs
