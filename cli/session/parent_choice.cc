#include "cli/session/parent_choice.h"

#include <algorithm>

#include "archiver/parent_directory.h"

namespace snapfs {

namespace {

/// The snapshots that `request` may have as its parent, going by its host, paths and tags: with all
/// of its paths, and all of its tags.
SnapshotFilter filter_for(const GroupBy& group, const SnapshotRequest& request) {
  SnapshotFilter filter;
  if (group.host) filter.hosts = {request.hostname};
  if (group.paths) filter.paths = request.targets.paths;
  if (group.tags && !request.tags.empty()) filter.tags = {request.tags};
  return filter;
}

}  // namespace

std::optional<Snapshot> choose_parent(const std::vector<Snapshot>& snapshots, std::string_view id,
                                      const GroupBy& group, const SnapshotRequest& request) {
  const SnapshotFilter filter = filter_for(group, request);
  if (!id.empty()) return find_snapshot(snapshots, id, filter);
  return find_parent(snapshots, request.time.instant, filter);
}

std::vector<Snapshot> choose_partial(const std::vector<Snapshot>& snapshots,
                                     const std::optional<Snapshot>& parent, const GroupBy& group,
                                     const SnapshotRequest& request) {
  const SnapshotFilter filter = filter_for(group, request);
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
