// The table of names.
#include "fs/restore/hard_links.h"

#include "fs/crypto/sha256.h"

namespace snapfs {

namespace {

/// What two files have in common only when their content is the same.
Id digest_of(const std::vector<Id>& content) {
  if (content.size() == 1) return content.front();
  Sha256 digest;
  for (const Id& id : content) digest.update(id.bytes);
  return digest.finish();
}

}  // namespace

HardLinks::Key HardLinks::key_of(const Node& node) {
  return {node.device_id, node.inode, digest_of(node.content)};
}

HardLinks::Role HardLinks::add(const Node& node, const std::string& path) {
  const Key key = key_of(node);
  const auto groups = groups_.lock();
  const auto [found, added] = groups->try_emplace(key);
  LinkGroup& group = found->second;
  const bool is_first = group.first.empty();
  if (is_first) group.first = path;
  return {group, added, is_first};
}

bool HardLinks::skip(const Node& node) {
  const Key key = key_of(node);
  return groups_.lock()->try_emplace(key).second;
}

void HardLinks::forget(LinkGroup& group) {
  const auto groups = groups_.lock();
  group.first.clear();
}

}  // namespace snapfs
