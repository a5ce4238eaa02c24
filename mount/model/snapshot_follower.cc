#include "mount/model/snapshot_follower.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "fs/base/error.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

SnapshotFollower::SnapshotFollower(Repository& repository, WarnFunction warn)
    : repository_(repository), warn_(std::move(warn)) {}

std::optional<std::vector<Snapshot>> SnapshotFollower::poll(const StopToken& stop) {
  std::vector<Id> listed = repository_.list(FileKind::kSnapshot, stop);
  if (listed == listed_ && !again_) return std::nullopt;
  if (listed_ && !std::ranges::includes(listed, *listed_)) require_repository(stop);

  // Snapshots are written after the index that names their blobs, so the index that is read now
  // is complete for every snapshot listed above.
  repository_.load_index(stop);

  const auto is_listed = [&](const Id& id) { return std::ranges::binary_search(listed, id); };
  std::erase_if(snapshots_, [&](const Snapshot& snapshot) { return !is_listed(snapshot.id); });
  std::erase_if(unreadable_, [&](const Id& id) { return !is_listed(id); });
  std::unordered_set<Id> known(unreadable_);
  for (const Snapshot& snapshot : snapshots_) known.insert(snapshot.id);
  std::vector<Id> missing;
  std::ranges::copy_if(listed, std::back_inserter(missing),
                       [&](const Id& id) { return !known.contains(id); });
  for_each_file(repository_.files(), FileKind::kSnapshot, missing,
                [&](const Id& id) { load(id, stop); });
  std::ranges::sort(snapshots_, is_earlier);
  listed_ = std::move(listed);
  again_ = true;
  return snapshots_;
}

void SnapshotFollower::require_repository(const StopToken& stop) {
  StoredFiles& files = repository_.files();
  if (files.size(FileKey::config(), stop)) return;
  throw Error(ErrorCode::kUnavailable,
              "the repository at " + files.location() +
                  " has gone: the snapshots known are shown until it is back",
              files.location());
}

/// Called by several threads.
void SnapshotFollower::load(const Id& id, const StopToken& stop) {
  try {
    const Bytes json = repository_.load_file({FileKind::kSnapshot, id}, stop);
    Snapshot snapshot = parse_snapshot(id, json);
    const std::lock_guard lock(loading_);
    snapshots_.push_back(std::move(snapshot));
  } catch (const Error& error) {
    // Removed since it was listed: the next poll sees a different list anyway.
    if (error.code() == ErrorCode::kNotFound) return;
    if (error.code() != ErrorCode::kDamaged && error.code() != ErrorCode::kUnsupported) throw;
    const std::lock_guard lock(loading_);
    unreadable_.insert(id);
    warn_("snapshot " + id.short_hex() + " is not shown: " + error.what());
  }
}

}  // namespace snapfs
