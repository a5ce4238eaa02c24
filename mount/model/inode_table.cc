// A directory that is read gets a run of handles, one for each entry, so that a handle is found by
// a search among the runs' beginnings and needs no record of its own. The nodes are not
// kept: the tree cache has them, or reads them again. Names of one file must have one handle, the
// one that came first; only these are remembered one by one. A directory that is dropped gets
// another run when it is read again: nobody knows the handles of the first one any more.
#include "mount/model/inode_table.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <new>

namespace snapfs {

InodeTable::DirectoryPointer InodeTable::find_directory(Ino self) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_self_.find(self);
  return found == by_self_.end() ? nullptr : found->second.directory;
}

std::optional<InodeTable::Place> InodeTable::find(Ino ino) const {
  const std::shared_lock lock(mutex_);
  const auto after = directories_.upper_bound(ino);
  if (after == directories_.begin()) return std::nullopt;
  const DirectoryPointer& directory = std::prev(after)->second;
  if (ino - directory->base >= directory->count) return std::nullopt;
  return Place{directory, static_cast<std::size_t>(ino - directory->base)};
}

InodeTable::DirectoryPointer InodeTable::add(TreeDirectory directory, const TreeListing& listing) {
  const std::unique_lock lock(mutex_);
  Self& self = by_self_[directory.self];
  if (self.directory) return self.directory;
  directory.base = next_;
  directory.count = static_cast<std::uint32_t>(listing.nodes.size());
  auto added = std::make_shared<const TreeDirectory>(directory);
  // An empty directory takes a handle too, so that no two have the same base.
  next_ += std::max<Ino>(added->count, 1);
  Root& root = roots_[added->root];
  root.bases.insert(added->base);
  directories_.emplace(added->base, added);
  self.directory = added;
  for (std::size_t i = 0; i < listing.nodes.size(); ++i) {
    if (!LinkIdentity::is_hard_link(listing.nodes[i])) continue;
    const LinkIdentity link(added->snapshot, listing.nodes[i]);
    self.has_links |= root.hard_links.try_emplace(link.inode(), added->base + i).second;
  }
  // Somebody of ours looked at it, and the kernel may never hear of it.
  if (self.lookups == 0 && !is_virtual(added->self)) let_go(added->self, self);
  return added;
}

void InodeTable::drop(Ino root) noexcept {
  // Both are freed outside the lock.
  std::unordered_map<Ino, Root>::node_type dropped;
  std::map<Ino, DirectoryPointer> directories;
  const std::unique_lock lock(mutex_);
  const auto found = roots_.find(root);
  if (found == roots_.end()) return;
  dropped = roots_.extract(found);
  for (const Ino base : dropped.mapped().bases) {
    const auto directory = directories_.find(base);
    if (directory == directories_.end()) continue;  // there was no memory for it
    by_self_.erase(directory->second->self);
    directories.insert(directories_.extract(directory));
  }
}

void InodeTable::remember(Ino self) {
  const std::unique_lock lock(mutex_);
  ++by_self_[self].lookups;
}

void InodeTable::forget(Ino self, std::uint64_t lookups) noexcept {
  {
    const std::shared_lock lock(mutex_);
    if (!by_self_.contains(self)) return;  // most are files
  }
  DirectoryPointer dropped;  // freed outside the lock
  const std::unique_lock lock(mutex_);
  const auto found = by_self_.find(self);
  if (found == by_self_.end()) return;
  found->second.lookups -= std::min(found->second.lookups, lookups);
  if (found->second.lookups != 0) return;
  if (!found->second.directory) {
    by_self_.erase(found);
    return;
  }
  dropped = let_go(self, found->second);
}

/// Returns the one that goes for it, if there is one. Under the lock.
InodeTable::DirectoryPointer InodeTable::let_go(Ino self, Self& known) noexcept {
  try {
    forgotten_.push_back({self, times_forgotten_ + 1});
    known.forgotten = ++times_forgotten_;
  } catch (const std::bad_alloc&) {
    return nullptr;  // it stays until the snapshot is gone
  }
  if (forgotten_.size() <= most_forgotten_) return nullptr;
  DirectoryPointer dropped = drop_forgotten(forgotten_.front());
  forgotten_.pop_front();
  return dropped;
}

/// Unless the kernel knows it again, or has forgotten it again since. Under the lock.
InodeTable::DirectoryPointer InodeTable::drop_forgotten(const Forgotten& oldest) noexcept {
  const auto found = by_self_.find(oldest.self);
  if (found == by_self_.end()) return nullptr;
  const Self& self = found->second;
  if (self.lookups != 0 || self.has_links || self.forgotten != oldest.when) return nullptr;
  DirectoryPointer directory = self.directory;
  by_self_.erase(found);
  if (!directory) return nullptr;
  directories_.erase(directory->base);
  const auto root = roots_.find(directory->root);
  if (root != roots_.end()) root->second.bases.erase(directory->base);
  return directory;
}

std::size_t InodeTable::size() const {
  const std::shared_lock lock(mutex_);
  return directories_.size();
}

std::pair<Ino, InodeNumber> InodeTable::entry(const TreeDirectory& directory, std::size_t index,
                                              const NodeView& node) const {
  const Ino own = directory.base + index;
  if (!LinkIdentity::is_hard_link(node)) return {own, directory.numbers.entry(index)};
  const InodeNumber inode = LinkIdentity(directory.snapshot, node).inode();
  const std::shared_lock lock(mutex_);
  const auto root = roots_.find(directory.root);
  if (root == roots_.end()) return {own, inode};
  const auto found = root->second.hard_links.find(inode);
  return {found == root->second.hard_links.end() ? own : found->second, inode};
}

}  // namespace snapfs
