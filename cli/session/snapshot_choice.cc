#include "cli/session/snapshot_choice.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "cli/option/filter_options.h"
#include "cli/output/output.h"
#include "fs/base/error.h"
#include "fs/time/clock.h"
#include "fs/time/timezone.h"

namespace snapfs {

TimeNames current_times() { return {SystemClock{}.now(), TimeZone::local()}; }

std::vector<Snapshot> SnapshotChoice::load(Repository& repository, StopToken stop) {
  return load_snapshots(repository, std::move(stop), [this](const Id& id, const Error& error) {
    if (error.code() == ErrorCode::kDamaged) {
      damaged_.push_back(id);
    } else {
      ++unusable_;
    }
    print_warning(json_, id.hex(), error.what());
  });
}

std::vector<Snapshot> SnapshotChoice::among(const std::vector<Snapshot>& all,
                                            const std::vector<std::string>& names,
                                            const FilterOptions& filter) const {
  const SnapshotFilter matching = filter.filter();
  std::set<Id> named;
  const TimeNames now = current_times();
  const TimeNames* const times = purpose_ == ChoiceFor::kLooking ? &now : nullptr;
  for (const std::string& name : names) {
    named.insert(find_snapshot(all, name, matching, times).id);
  }
  std::vector<Snapshot> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [&](const Snapshot& snapshot) {
    return names.empty() ? matching.matches(snapshot) : named.contains(snapshot.id);
  });
  return chosen;
}

std::vector<Snapshot> SnapshotChoice::choose(Repository& repository,
                                             const std::vector<std::string>& names,
                                             const FilterOptions& filter, StopToken stop) {
  return among(load(repository, std::move(stop)), names, filter);
}

std::optional<Id> SnapshotChoice::take_damaged(std::string_view id) {
  const auto found =
      std::ranges::find_if(damaged_, [id](const Id& one) { return one.hex() == id; });
  if (found == damaged_.end()) return std::nullopt;
  const Id taken = *found;
  damaged_.erase(found);
  return taken;
}

ExitCode SnapshotChoice::finish(ExitCode status) const {
  const std::size_t count = damaged_.size() + unusable_;
  if (count == 0 || status != ExitCode::kSuccess) return status;
  print_exit_error(
      json_, ExitCode::kFatal,
      fmt::format("{} {}snapshot file{} left out{}", count, unusable_ == 0 ? "damaged " : "",
                  count == 1 ? " was" : "s were", unusable_ == 0 ? "" : ", named above"));
  return ExitCode::kFatal;
}

}  // namespace snapfs
