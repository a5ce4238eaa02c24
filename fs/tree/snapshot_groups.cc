#include "fs/tree/snapshot_groups.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

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

GroupKey GroupKey::of(const Snapshot& snapshot, const GroupBy& by) {
  GroupKey key;
  if (by.host) key.hostname = snapshot.hostname;
  if (by.paths) key.paths = sorted(snapshot.paths);
  if (by.tags) key.tags = sorted(snapshot.tags);
  return key;
}

std::string GroupKey::text(const GroupBy& by) const {
  std::vector<std::string> parts;
  if (by.host) parts.push_back(fmt::format("host {}", hostname.empty() ? "unknown" : hostname));
  if (by.tags) {
    parts.push_back(tags.empty() ? "no tags" : fmt::format("tags {}", fmt::join(tags, ",")));
  }
  if (by.paths) parts.push_back(fmt::format("paths {}", fmt::join(paths, " ")));
  return parts.empty() ? "all snapshots" : fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<SnapshotGroup> group_snapshots(const std::vector<Snapshot>& snapshots,
                                           const GroupBy& by) {
  std::map<GroupKey, std::vector<Snapshot>> groups;
  for (const Snapshot& snapshot : snapshots) {
    Snapshot member = snapshot;
    member.paths = sorted(std::move(member.paths));
    if (by.tags) member.tags = sorted(std::move(member.tags));
    groups[GroupKey::of(snapshot, by)].push_back(std::move(member));
  }
  std::vector<SnapshotGroup> out;
  out.reserve(groups.size());
  for (auto& [key, members] : groups) out.push_back({key, std::move(members)});
  return out;
}

}  // namespace snapfs
