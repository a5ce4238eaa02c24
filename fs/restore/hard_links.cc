// The table of names.
#include "fs/restore/hard_links.h"

namespace snapfs {

HardLinks::Groups::iterator HardLinks::meet(Groups& groups, const Node& node, bool& first_seen) {
  const auto [group, added] = groups.try_emplace(Key{node.device_id, node.inode});
  first_seen = added;
  return group;
}

HardLinks::Role HardLinks::add(const Node& node, const std::string& path) {
  const auto groups = groups_.lock();
  Role role;
  const auto group = meet(*groups, node, role.first_seen);
  if (group->second.empty()) {
    group->second = path;
  } else {
    role.link_to = group->second;
  }
  return role;
}

bool HardLinks::skip(const Node& node) {
  const auto groups = groups_.lock();
  bool first_seen = false;
  meet(*groups, node, first_seen);
  return first_seen;
}

void HardLinks::forget(const Node& node) {
  const auto groups = groups_.lock();
  if (const auto group = groups->find({node.device_id, node.inode}); group != groups->end()) {
    group->second.clear();
  }
}

}  // namespace snapfs
