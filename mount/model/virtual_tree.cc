// Inodes of the virtual directories.
#include "mount/model/virtual_tree.h"

#include <mutex>
#include <utility>

namespace snapfs {

namespace {

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

VirtualTree::VirtualTree() {
  VirtualNode root;
  root.ino = root.parent = kRootIno;
  root.inode = kRootInodeNumber;
  nodes_.push_back(root);
  View empty;
  empty.directories[""];
  view_ = std::make_shared<const View>(std::move(empty));
}

void VirtualTree::replace(View view) {
  const std::unique_lock lock(mutex_);
  number(view);
  view_ = std::make_shared<const View>(std::move(view));
}

std::shared_ptr<const View> VirtualTree::view() const {
  const std::shared_lock lock(mutex_);
  return view_;
}

const VirtualNode* VirtualTree::find(Ino ino) const {
  const std::shared_lock lock(mutex_);
  return ino >= kRootIno && ino <= nodes_.size() ? &nodes_[ino - kRootIno] : nullptr;
}

Ino VirtualTree::ino_of(const std::string& key, const VirtualNode& node) {
  const Ino next = kRootIno + nodes_.size();
  const auto [found, inserted] = inos_.try_emplace(key, next);
  if (inserted) {
    nodes_.push_back(node);
    nodes_.back().ino = next;
    nodes_.back().inode = inode_number(key);
  }
  return found->second;
}

void VirtualTree::number(View& view) {
  // Paths are sorted, so a directory is numbered before what it holds.
  std::unordered_map<std::string, Ino> directories{{"", kRootIno}};
  for (auto& [path, directory] : view.directories) {
    const Ino parent = directories.at(path);
    for (ViewEntry& entry : directory.entries) {
      VirtualNode node;
      node.kind = entry.kind;
      node.parent = parent;
      if (entry.kind == ViewEntry::Kind::kDirectory) {
        node.path = entry.target;
      } else {
        node.snapshot = view.snapshots[entry.snapshot].id;
        node.tree = view.snapshots[entry.snapshot].tree;
        node.time = view.snapshots[entry.snapshot].time.instant;
        node.target = entry.target;
      }
      entry.ino = ino_of(identity(directory, entry, view), node);
      if (entry.kind == ViewEntry::Kind::kDirectory) directories[entry.target] = entry.ino;
    }
  }
}

}  // namespace snapfs
