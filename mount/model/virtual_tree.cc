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
  const std::unique_lock lock(mutex_);
  view.generation = ++last_generation_;
  view.since = std::max(now, nanosecond_after(view_->since));
  number(view);
  snapshots_.clear();
  for (const Snapshot& snapshot : view.snapshots) snapshots_.insert(snapshot.id);
  before = std::exchange(view_, std::make_shared<const View>(std::move(view)));
  sweep();
  return std::exchange(gone_, {});
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
      const NodePointer& known = nodes_.at(found->second).node;
      if (known->parent == node.parent) return known;
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
  if (const auto found = inos_.find(identity); found != inos_.end()) {
    const auto known = nodes_.find(found->second);
    // In a directory that was forgotten, and is another inode since.
    const bool is_stray = known->second.node->forgettable && known->second.lookups == 0 &&
                          known->second.node->parent != node.parent;
    if (!is_stray) return known->second.node;
    drop(known);
  }
  node.ino = next_++;
  node.inode = inode_number(identity);
  const auto parent = nodes_.find(node.parent);
  if (parent != nodes_.end()) node.parent_inode = parent->second.node->inode;
  auto added = std::make_shared<const VirtualNode>(std::move(node));
  const auto known = nodes_.try_emplace(added->ino).first;
  known->second.node = added;
  try {
    known->second.identity = &inos_.emplace(identity, added->ino).first->first;
  } catch (...) {
    nodes_.erase(known);
    throw;
  }
  return added;
}

bool VirtualTree::remember(Ino ino, Ino directory, std::string_view name) {
  if (ino >= kFirstPassingIno) return find(ino) != nullptr;
  const std::unique_lock lock(mutex_);
  const auto found = nodes_.find(ino);
  if (found == nodes_.end()) return false;
  Known& known = found->second;
  if (name != "." && name != "..") {
    Name told{directory, std::string(name)};
    told_.insert_or_assign(told, ino);
    std::swap(known.told, told);
    if (told != known.told) erase_told(told, ino);
  }
  known.waits = false;
  known.is_gone = false;
  ++known.lookups;
  return true;
}

void VirtualTree::erase_told(const Name& name, Ino ino) noexcept {
  const auto told = told_.find(name);
  if (told != told_.end() && told->second == ino) told_.erase(told);
}

bool VirtualTree::is_told(const GoneName& name) const {
  const std::shared_lock lock(mutex_);
  const auto told = told_.find(name.name);
  return told != told_.end() && told->second == name.node;
}

bool VirtualTree::forget(Ino ino, std::uint64_t lookups) {
  const std::unique_lock lock(mutex_);
  const auto found = nodes_.find(ino);
  if (found == nodes_.end()) return false;
  Known& known = found->second;
  known.lookups -= std::min(known.lookups, lookups);
  if (is_known(known) || (known.led_to && !known.node->forgettable)) return false;
  drop(found);
  return true;
}

VirtualTree::Nodes::iterator VirtualTree::drop(Nodes::iterator known) noexcept {
  erase_told(known->second.told, known->first);
  // By iterator: the key lives in what is erased.
  inos_.erase(inos_.find(*known->second.identity));
  return nodes_.erase(known);
}

/// Whether the kernel may ask for it, or for something in it.
bool VirtualTree::is_known(const Known& known) const {
  if (known.lookups != 0) return true;
  if (known.node->kept_by.empty()) return false;
  const auto keeper = inos_.find(known.node->kept_by);
  return keeper != inos_.end() && nodes_.at(keeper->second).lookups != 0;
}

/// Whether the current view has the node, or a part may still find it: neither a snapshot that it
/// shows nor the directory that it is in is gone.
bool VirtualTree::is_led_to(const Known& known) const {
  const VirtualNode& node = *known.node;
  if (node.ino == kRootIno) return true;
  if (known.shown != 0) return known.shown == view_->generation;
  if (node.kind == VirtualNode::Kind::kTree && !snapshots_.contains(node.snapshot)) return false;
  if (node.against_snapshot && !snapshots_.contains(*node.against_snapshot)) return false;
  if (!node.kept_by.empty()) return true;
  const auto parent = nodes_.find(node.parent);
  return parent != nodes_.end() && parent->second.led_to;
}

/// After the view was replaced. A forgettable node that the kernel does not know may be on its way
/// to it, but not from one view to the next but one.
void VirtualTree::sweep() {
  for (auto each = nodes_.begin(); each != nodes_.end();) {
    Known& known = each->second;
    known.led_to = is_led_to(known);
    const bool forgettable = known.node->forgettable;
    if (is_known(known)) {
      if (!known.led_to && known.lookups != 0 && !known.is_gone) {
        gone_.names.push_back({known.told, each->first});
        known.is_gone = true;
      }
      ++each;
    } else if ((known.led_to && !forgettable) ||
               (forgettable && !std::exchange(known.waits, true))) {
      ++each;
    } else {
      gone_.nodes.push_back(each->first);
      each = drop(each);
    }
  }
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
