#include "cli/lenient_choice.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/filter_options.h"
#include "cli/output.h"
#include "fs/base/error.h"

namespace snapfs {

std::vector<Snapshot> LenientChoice::load(Repository& repository, StopToken stop) {
  return load_snapshots(repository, std::move(stop), [this](const Id& id, const Error& error) {
    ++damaged_;
    print_warning(json_, id.hex(), error.what());
  });
}

std::vector<Snapshot> LenientChoice::named(const std::vector<Snapshot>& snapshots,
                                           const std::vector<std::string>& ids,
                                           const SnapshotFilter& filter) {
  std::set<Id> wanted;
  for (const std::string& id : ids) {
    try {
      wanted.insert(find_snapshot(snapshots, id, filter).id);
    } catch (const Error& error) {
      print_warning(json_, id, fmt::format("ignored: {}", error.what()));
    }
  }
  std::vector<Snapshot> found;
  std::copy_if(snapshots.begin(), snapshots.end(), std::back_inserter(found),
               [&wanted](const Snapshot& snapshot) { return wanted.contains(snapshot.id); });
  return found;
}

std::vector<Snapshot> LenientChoice::choose(Repository& repository, const FilterOptions& filter,
                                            const std::vector<std::string>& ids, StopToken stop) {
  const std::vector<Snapshot> snapshots = load(repository, std::move(stop));
  return ids.empty() ? matching(snapshots, filter.filter())
                     : named(snapshots, ids, filter.filter());
}

ExitCode LenientChoice::finish() const {
  if (damaged_ == 0) return ExitCode::kSuccess;
  print_exit_error(json_, ExitCode::kFatal,
                   fmt::format("{} damaged snapshot file{} left alone", damaged_,
                               damaged_ == 1 ? " was" : "s were"));
  return ExitCode::kFatal;
}

std::vector<Snapshot> matching(const std::vector<Snapshot>& snapshots,
                               const SnapshotFilter& filter) {
  std::vector<Snapshot> found;
  std::copy_if(snapshots.begin(), snapshots.end(), std::back_inserter(found),
               [&filter](const Snapshot& snapshot) { return filter.matches(snapshot); });
  return found;
}

}  // namespace snapfs
