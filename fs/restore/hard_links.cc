#include "fs/restore/hard_links.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "fs/crypto/sha256.h"

namespace snapfs {

HardLinks::Key HardLinks::key_of(const Node& node) {
  // Always a digest of the list, with its length before it: the one blob's ID would be the same as
  // the digest of a list that some blob holds as its bytes.
  const auto count = static_cast<std::uint64_t>(node.content.size());
  std::array<std::uint8_t, sizeof(count)> prefix{};
  std::memcpy(prefix.data(), &count, sizeof(count));
  Sha256 digest;
  digest.update(prefix);
  for (const Id& id : node.content) digest.update(id.bytes);
  return {node.device_id, node.inode, digest.finish()};
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
