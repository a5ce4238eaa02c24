#include "cli/snapshot_choice.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "cli/quantity.h"
#include "cli/table.h"

namespace snapfs {

std::vector<Snapshot> choose_snapshots(const std::vector<Snapshot>& all,
                                       const std::vector<std::string>& names,
                                       const SnapshotFilter& filter) {
  std::set<Id> named;
  for (const std::string& name : names) named.insert(find_snapshot(all, name, filter).id);
  std::vector<Snapshot> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [&](const Snapshot& snapshot) {
    return names.empty() ? filter.matches(snapshot) : named.contains(snapshot.id);
  });
  return chosen;
}

std::string title_of(const Snapshot& snapshot) {
  return printable(fmt::format(
      "snapshot {} of [{}] at {} by {}@{}", snapshot.id.short_hex(), fmt::join(snapshot.paths, " "),
      format_local_time(snapshot.time.instant), snapshot.username, snapshot.hostname));
}

}  // namespace snapfs
