// Ranges of inode numbers.
#include "mount/model/inode_table.h"

#include <algorithm>
#include <mutex>
#include <string_view>

namespace snapfs {

namespace {

/// A mixing step with the constants of MurmurHash3's 64-bit finalizer (A. Appleby).
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
  hash ^= value + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  return hash ^ (hash >> 33);
}

std::uint64_t mix(std::uint64_t hash, const Timestamp& time) noexcept {
  hash = mix(hash, static_cast<std::uint64_t>(time.seconds));
  return mix(hash, static_cast<std::uint64_t>(time.nanoseconds));
}

/// A file may have changed between the visits to its two names. Then the names do not show the
/// same thing, and must not share an inode.
std::uint64_t fingerprint(const Node& node) noexcept {
  std::uint64_t hash = mix(static_cast<std::uint64_t>(node.type), node.permissions);
  hash = mix(hash, (std::uint64_t{node.uid} << 32) | node.gid);
  hash = mix(hash, node.size);
  hash = mix(hash, node.links);
  hash = mix(hash, node.device);
  hash = mix(mix(mix(hash, node.mtime), node.atime), node.ctime);
  hash = mix(hash, std::hash<std::string_view>{}(node.link_target));
  for (const Id& blob : node.content) hash = mix(hash, std::hash<Id>{}(blob));
  for (const ExtendedAttribute& attribute : node.extended_attributes) {
    hash = mix(hash, std::hash<std::string_view>{}(attribute.name));
    hash = mix(hash, std::hash<std::string_view>{}(as_text(attribute.value)));
  }
  return hash;
}

}  // namespace

std::size_t InodeTable::HardLinkHash::operator()(const HardLink& link) const noexcept {
  return mix(mix(mix(link.root, link.device), link.inode), link.fingerprint);
}

bool InodeTable::is_hard_link(const Node& node) noexcept {
  // Inode 0 is no file's: such nodes were made by a program that does not know.
  return node.links > 1 && node.inode != 0 && node.type != NodeType::kDirectory;
}

InodeTable::HardLink InodeTable::hard_link(Ino root, const Node& node) noexcept {
  return {root, node.device_id, node.inode, fingerprint(node)};
}

const TreeDirectory* InodeTable::find_directory(Ino self) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_self_.find(self);
  return found == by_self_.end() ? nullptr : found->second;
}

std::optional<InodeTable::Place> InodeTable::find(Ino ino) const {
  const std::shared_lock lock(mutex_);
  const auto after = std::ranges::upper_bound(directories_, ino, {}, &TreeDirectory::base);
  if (after == directories_.begin()) return std::nullopt;
  const TreeDirectory& directory = *std::prev(after);
  if (ino - directory.base >= directory.count) return std::nullopt;
  return Place{&directory, static_cast<std::size_t>(ino - directory.base)};
}

const TreeDirectory& InodeTable::add(Ino self, Ino parent, Ino root, const Id& tree,
                                     const TreeListing& listing) {
  const std::unique_lock lock(mutex_);
  if (const auto found = by_self_.find(self); found != by_self_.end()) return *found->second;
  const auto count = static_cast<std::uint32_t>(listing.nodes.size());
  const TreeDirectory& directory =
      directories_.emplace_back(TreeDirectory{self, parent, root, next_, count, tree});
  by_self_.emplace(self, &directory);
  for (std::size_t i = 0; i < listing.nodes.size(); ++i) {
    if (!is_hard_link(listing.nodes[i])) continue;
    hard_links_.try_emplace(hard_link(root, listing.nodes[i]), directory.base + i);
  }
  // An empty directory takes a number too, so that bases ascend strictly.
  next_ += std::max<Ino>(count, 1);
  return directory;
}

Ino InodeTable::ino_of(const TreeDirectory& directory, std::size_t index, const Node& node) const {
  const Ino own = directory.base + index;
  if (!is_hard_link(node)) return own;
  const std::shared_lock lock(mutex_);
  const auto found = hard_links_.find(hard_link(directory.root, node));
  return found == hard_links_.end() ? own : found->second;
}

}  // namespace snapfs
