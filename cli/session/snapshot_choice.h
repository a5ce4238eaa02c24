// Which snapshots a command works on: those named, or all that the filter matches. A name that fits
// none ends the command; damaged snapshots are told, and the rest is worked on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/process/exit_code.h"
#include "fs/base/stop_token.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

class Repository;
struct FilterOptions;

/// What is to come of the snapshots.
enum class ChoiceFor {
  kLooking,   ///< a time names one, too
  kChanging,  ///< only an ID or "latest" does
};

/// "now" and the zone of this process, for names that are times.
TimeNames current_times();

/// For one command; not thread-safe.
class SnapshotChoice {
 public:
  /// `json`: how warnings are told.
  explicit SnapshotChoice(bool json, ChoiceFor purpose = ChoiceFor::kLooking)
      : json_(json), purpose_(purpose) {}

  /// All snapshots, in ascending order of their times. Those that are damaged, or that
  /// this program cannot read, are left out and told.
  std::vector<Snapshot> load(Repository& repository, StopToken stop);

  /// In the order they have in `all`: the snapshots that `names` stand for (see find_snapshot()),
  /// each once, or without names all that the filter matches. Throws what find_snapshot throws.
  std::vector<Snapshot> among(const std::vector<Snapshot>& all,
                              const std::vector<std::string>& names,
                              const FilterOptions& filter) const;

  /// load(), and among() all of them.
  std::vector<Snapshot> choose(Repository& repository, const std::vector<std::string>& names,
                               const FilterOptions& filter, StopToken stop);

  /// Of the damaged ones that load() left out, the one with this whole ID, which does not show in
  /// the status any more: somebody deals with it. Nothing when there is none.
  std::optional<Id> take_damaged(std::string_view id);

  /// The command's status: `status`, or kFatal, with a line that says why, when it would be a
  /// success and damaged snapshots were left out.
  ExitCode finish(ExitCode status = ExitCode::kSuccess) const;

 private:
  const bool json_;
  const ChoiceFor purpose_;
  std::vector<Id> damaged_;
  std::size_t unusable_ = 0;  ///< left out, though they may be sound
};

}  // namespace snapfs
