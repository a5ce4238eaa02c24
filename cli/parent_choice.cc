#include "cli/parent_choice.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "archiver/parent_directory.h"
#include "fs/base/error.h"

namespace snapfs {

GroupBy GroupBy::parse(std::string_view text) {
  GroupBy group;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (word == "host" || word == "hosts") {
      group.host = true;
    } else if (word == "paths" || word == "path") {
      group.paths = true;
    } else if (word == "tags" || word == "tag") {
      group.tags = true;
    } else if (!word.empty()) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("cannot group by \"{}\": give host, paths and tags, or some of them, "
                              "separated by commas",
                              word));
    }
  }
  return group;
}

SnapshotFilter GroupBy::filter_for(const SnapshotRequest& request) const {
  SnapshotFilter filter;
  if (host) filter.hosts = {request.hostname};
  if (paths) filter.paths = request.targets.paths;
  if (tags && !request.tags.empty()) filter.tags = {request.tags};
  return filter;
}

std::optional<Snapshot> choose_parent(const std::vector<Snapshot>& snapshots, std::string_view id,
                                      const GroupBy& group, const SnapshotRequest& request) {
  const SnapshotFilter filter = group.filter_for(request);
  if (!id.empty()) return find_snapshot(snapshots, id, filter);
  return find_parent(snapshots, request.time.instant, filter);
}

std::vector<Snapshot> choose_partial(const std::vector<Snapshot>& snapshots,
                                     const std::optional<Snapshot>& parent, const GroupBy& group,
                                     const SnapshotRequest& request) {
  const SnapshotFilter filter = group.filter_for(request);
  std::vector<Snapshot> partial;
  for (auto it = snapshots.rbegin(); it != snapshots.rend(); ++it) {
    const bool in_time = it->time.instant <= request.time.instant;
    const bool newer = !parent || is_earlier(*parent, *it);
    if (is_partial(*it) && in_time && newer && filter.matches(*it)) partial.push_back(*it);
  }
  if (partial.size() > 1) {
    // Of the others, the one that had come furthest.
    const auto bytes = [](const Snapshot& snapshot) {
      return snapshot.summary ? snapshot.summary->total_bytes_processed : 0;
    };
    std::iter_swap(partial.begin() + 1,
                   std::ranges::max_element(partial.begin() + 1, partial.end(), {}, bytes));
    partial.erase(partial.begin() + 2, partial.end());
  }
  static_assert(kMaxParents == 3);
  return partial;
}

std::vector<Id> superfluous_partial(const std::vector<Snapshot>& snapshots,
                                    const SnapshotRequest& request) {
  std::vector<Id> ids;
  for (const Snapshot& snapshot : snapshots) {
    if (is_partial(snapshot) && snapshot.hostname == request.hostname &&
        snapshot.paths == request.targets.paths) {
      ids.push_back(snapshot.id);
    }
  }
  return ids;
}

}  // namespace snapfs
