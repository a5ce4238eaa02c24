// A directory that is read gets a run of handles, one for each entry, so that a handle is found by
// a binary search among the runs' beginnings and needs no record of its own. The nodes are not
// kept: the tree cache has them, or reads them again. Names of one file must have one handle, the
// one that came first; only these are remembered one by one.
#include "mount/model/inode_table.h"

#include <algorithm>
#include <mutex>

namespace snapfs {

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

const TreeDirectory& InodeTable::add(TreeDirectory directory, const TreeListing& listing) {
  const std::unique_lock lock(mutex_);
  if (const auto found = by_self_.find(directory.self); found != by_self_.end()) {
    return *found->second;
  }
  directory.base = next_;
  directory.count = static_cast<std::uint32_t>(listing.nodes.size());
  const TreeDirectory& added = directories_.emplace_back(std::move(directory));
  by_self_.emplace(added.self, &added);
  for (std::size_t i = 0; i < listing.nodes.size(); ++i) {
    if (!LinkIdentity::is_hard_link(listing.nodes[i])) continue;
    const LinkIdentity link(added.snapshot, listing.nodes[i]);
    hard_links_.try_emplace({added.root, link.inode()}, added.base + i);
  }
  // An empty directory takes a handle too, so that bases ascend strictly.
  next_ += std::max<Ino>(added.count, 1);
  return added;
}

std::pair<Ino, InodeNumber> InodeTable::entry(const TreeDirectory& directory, std::size_t index,
                                              const NodeView& node) const {
  const Ino own = directory.base + index;
  if (!LinkIdentity::is_hard_link(node)) return {own, directory.numbers.entry(index)};
  const InodeNumber inode = LinkIdentity(directory.snapshot, node).inode();
  const std::shared_lock lock(mutex_);
  const auto found = hard_links_.find({directory.root, inode});
  return {found == hard_links_.end() ? own : found->second, inode};
}

}  // namespace snapfs
