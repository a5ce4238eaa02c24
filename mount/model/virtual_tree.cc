// Inodes are remembered by an identity, a text that says what a node is: a snapshot in a directory,
// a link with its target, a directory by its path. When the layout is built anew, what has the same
// identity keeps its inode, so that a shell standing in it notices nothing. What the new layout has
// no more goes when the kernel has forgotten it, and with it what the views made of a snapshot that
// is gone: a mount that is there for months would grow for ever. Nodes that stand for something
// else at every look (at/now) get inodes from a range of their own, of which the last 256 are kept;
// those of which there can be any number go when the kernel has forgotten them, whatever is shown.
#include "mount/model/virtual_tree.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace snapfs {

namespace {

/// Passing nodes have the upper half of the virtual inodes.
constexpr Ino kFirstPassingIno = kFirstTreeIno / 2;

/// Enough that nobody who has just looked one up loses it.
constexpr std::size_t kMaxPassing = 256;

Timestamp nanosecond_after(const Timestamp& time) noexcept {
  if (time.nanoseconds < 999'999'999) return {time.seconds, time.nanoseconds + 1};
  return {time.seconds + 1, 0};
}

VirtualNode::Kind node_kind(ViewEntry::Kind kind) noexcept {
  switch (kind) {
    case ViewEntry::Kind::kDirectory:
      return VirtualNode::Kind::kDirectory;
    case ViewEntry::Kind::kSnapshot:
      return VirtualNode::Kind::kTree;
    case ViewEntry::Kind::kLink:
      break;
  }
  return VirtualNode::Kind::kLink;
}

/// What an entry's inode is remembered by. A snapshot is the same under another name; a link is
/// another one when it points elsewhere, so that the kernel may cache what it says.
std::string identity(const ViewDirectory& directory, const ViewEntry& entry, const View& view) {
  switch (entry.kind) {
    case ViewEntry::Kind::kDirectory:
      return "d" + entry.target;
    case ViewEntry::Kind::kSnapshot:
      return "s" + directory.path + "/" + view.snapshots[entry.snapshot].id.hex();
    case ViewEntry::Kind::kLink:
      break;
  }
  return "l" + directory.path + "/" + entry.name + "/" + entry.target;
}

std::vector<VirtualTree::GoneName> gone_names(const View& before, const View& now) {
  std::vector<VirtualTree::GoneName> names;
  std::map<std::string_view, Ino> directories{{"", kRootIno}};
  for (const auto& [path, directory] : before.directories) {
    const auto still = now.directories.find(path);
    for (const ViewEntry& entry : directory.entries) {
      if (entry.kind == ViewEntry::Kind::kDirectory) directories[entry.target] = entry.node->ino;
      if (still == now.directories.end()) continue;
      const ViewEntry* const same = still->second.find(entry.name);
      if (same != nullptr && same->node == entry.node) continue;
      names.push_back({directories.at(path), entry.name});
    }
  }
  return names;
}

}  // namespace

VirtualTree::VirtualTree() : next_passing_(kFirstPassingIno) {
  VirtualNode root;
  root.ino = root.parent = kRootIno;
  root.inode = root.parent_inode = kRootInodeNumber;
  nodes_[kRootIno].node = std::make_shared<const VirtualNode>(std::move(root));
  View empty;
  empty.directories[""];
  view_ = std::make_shared<const View>(std::move(empty));
}

VirtualTree::Gone VirtualTree::replace(View view, const Timestamp& now) {
  std::shared_ptr<const View> before;  // freed outside the lock
  Gone gone;
  const std::unique_lock lock(mutex_);
  view.generation = view_->generation + 1;
  view.since = std::max(now, nanosecond_after(view_->since));
  number(view);
  snapshots_.clear();
  for (const Snapshot& snapshot : view.snapshots) snapshots_.insert(snapshot.id);
  gone.names = gone_names(*view_, view);
  before = std::exchange(view_, std::make_shared<const View>(std::move(view)));
  sweep(gone);
  return gone;
}

std::shared_ptr<const View> VirtualTree::view() const {
  const std::shared_lock lock(mutex_);
  return view_;
}

VirtualTree::NodePointer VirtualTree::find(Ino ino) const {
  const std::shared_lock lock(mutex_);
  if (ino >= kFirstPassingIno) {
    // Their numbers are consecutive.
    const Ino first = next_passing_ - passing_.size();
    return ino >= first && ino < next_passing_ ? passing_[ino - first] : nullptr;
  }
  const auto found = nodes_.find(ino);
  return found == nodes_.end() ? nullptr : found->second.node;
}

VirtualTree::NodePointer VirtualTree::add(const std::string& identity, VirtualNode node) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = inos_.find(identity); found != inos_.end()) {
      return nodes_.at(found->second).node;
    }
  }
  const std::unique_lock lock(mutex_);
  return add_locked(identity, std::move(node));
}

VirtualTree::NodePointer VirtualTree::add_passing(VirtualNode node) {
  const std::unique_lock lock(mutex_);
  node.ino = next_passing_++;
  node.inode = inode_number("passing/" + std::to_string(node.ino));
  node.passing = true;
  passing_.push_back(std::make_shared<const VirtualNode>(std::move(node)));
  if (passing_.size() > kMaxPassing) passing_.pop_front();
  return passing_.back();
}

VirtualTree::NodePointer VirtualTree::add_locked(const std::string& identity, VirtualNode node) {
  const auto [found, inserted] = inos_.try_emplace(identity, next_);
  if (!inserted) return nodes_.at(found->second).node;
  node.ino = next_++;
  node.inode = inode_number(identity);
  const auto parent = nodes_.find(node.parent);
  if (parent != nodes_.end()) node.parent_inode = parent->second.node->inode;
  auto added = std::make_shared<const VirtualNode>(std::move(node));
  Known& known = nodes_[added->ino];
  known.node = added;
  known.identity = &found->first;
  return added;
}

bool VirtualTree::remember(Ino ino) {
  if (ino >= kFirstPassingIno) return find(ino) != nullptr;
  const std::unique_lock lock(mutex_);
  const auto found = nodes_.find(ino);
  if (found == nodes_.end()) return false;
  ++found->second.lookups;
  return true;
}

bool VirtualTree::forget(Ino ino, std::uint64_t lookups) {
  const std::unique_lock lock(mutex_);
  const auto found = nodes_.find(ino);
  if (found == nodes_.end()) return false;
  Known& known = found->second;
  known.lookups -= std::min(known.lookups, lookups);
  if (known.lookups != 0 || (known.led_to && !known.node->forgettable)) return false;
  drop(found);
  return true;
}

VirtualTree::Nodes::iterator VirtualTree::drop(Nodes::iterator known) {
  // By iterator: the key lives in what is erased.
  inos_.erase(inos_.find(*known->second.identity));
  return nodes_.erase(known);
}

/// Whether the current view has the node, or a part may still find it: neither its snapshot nor
/// the directory that it is in is gone.
bool VirtualTree::is_led_to(const Known& known) const {
  const VirtualNode& node = *known.node;
  if (node.ino == kRootIno) return true;
  if (known.shown != 0) return known.shown == view_->generation;
  if (node.kind == VirtualNode::Kind::kTree && !snapshots_.contains(node.snapshot)) return false;
  const auto parent = nodes_.find(node.parent);
  return parent != nodes_.end() && parent->second.led_to;
}

/// After the view was replaced. Forgettable nodes that nobody knows are on their way to somebody.
void VirtualTree::sweep(Gone& gone) {
  std::set<GoneName> places;
  for (auto each = nodes_.begin(); each != nodes_.end();) {
    Known& known = each->second;
    known.led_to = is_led_to(known);
    if (known.led_to || known.node->forgettable) {
      ++each;
    } else if (known.lookups != 0) {
      if (known.shown == 0) add_place(*known.node, places);
      ++each;
    } else {
      gone.nodes.push_back(each->first);
      each = drop(each);
    }
  }
  gone.names.insert(gone.names.end(), places.begin(), places.end());
}

/// The name next above by which the kernel finds the node, if it still does.
void VirtualTree::add_place(const VirtualNode& node, std::set<GoneName>& places) const {
  const VirtualNode* place = &node;
  while (place->name.empty() && place->ino != kRootIno) {
    const auto parent = nodes_.find(place->parent);
    if (parent == nodes_.end()) return;
    place = parent->second.node.get();
  }
  if (!place->name.empty()) places.insert({place->parent, place->name});
}

std::size_t VirtualTree::size() const {
  const std::shared_lock lock(mutex_);
  return nodes_.size();
}

void VirtualTree::number(View& view) {
  // Paths are sorted, so a directory is numbered before what it holds.
  std::map<std::string, Ino> directories{{"", kRootIno}};
  for (auto& [path, directory] : view.directories) {
    const Ino parent = directories.at(path);
    for (ViewEntry& entry : directory.entries) {
      VirtualNode node;
      node.kind = node_kind(entry.kind);
      node.parent = parent;
      if (entry.kind == ViewEntry::Kind::kDirectory) {
        node.path = entry.target;
      } else {
        node.snapshot = view.snapshots[entry.snapshot].id;
        node.tree = view.snapshots[entry.snapshot].tree;
        node.time = view.snapshots[entry.snapshot].time.instant;
        node.target = entry.target;
      }
      entry.node = add_locked(identity(directory, entry, view), std::move(node));
      nodes_.at(entry.node->ino).shown = view.generation;
      if (entry.kind == ViewEntry::Kind::kDirectory) directories[entry.target] = entry.node->ino;
    }
  }
}

}  // namespace snapfs
