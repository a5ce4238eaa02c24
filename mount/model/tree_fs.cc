// Nodes by inode.
#include "mount/model/tree_fs.h"

#include <algorithm>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {

/// The names of a directory inside a snapshot. Keeps the decoded tree while it is open.
class TreeFs::Listing final : public OpenDirectory {
 public:
  Listing(const TreeFs& fs, DirectoryRef directory) : fs_(fs), directory_(std::move(directory)) {}

  Ino self() const noexcept override { return directory_.directory->self; }
  Ino parent() const noexcept override { return directory_.directory->parent; }
  std::size_t size() const noexcept override { return directory_.listing->nodes.size(); }
  std::string_view name(std::size_t index) const override {
    return directory_.listing->nodes[index].name;
  }
  Entry entry(std::size_t index) const override {
    return fs_.entry(*directory_.directory, index, directory_.listing->nodes[index]);
  }
  bool stable() const noexcept override { return true; }

 private:
  const TreeFs& fs_;
  DirectoryRef directory_;
};

std::optional<Entry> TreeFs::lookup(Ino parent, std::string_view name) {
  const DirectoryRef place = directory(parent);
  const auto index = place.listing->find(name);
  if (!index) return std::nullopt;
  return entry(*place.directory, *index, place.listing->nodes[*index]);
}

Entry TreeFs::entry(Ino ino) {
  const NodeRef place = node(ino);
  return {ino, attributes_of(*place.node, ownership_), true};
}

std::shared_ptr<const OpenDirectory> TreeFs::open_directory(Ino ino) {
  return std::make_shared<Listing>(*this, directory(ino));
}

std::string TreeFs::read_link(Ino ino) {
  const NodeRef place = node(ino);
  if (place.node->type == NodeType::kSymlink) return place.node->link_target;
  throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a symbolic link");
}

std::optional<Bytes> TreeFs::extended_attribute(Ino ino, std::string_view name) {
  const NodeRef place = node(ino);
  const auto found =
      std::ranges::find(place.node->extended_attributes, name, &ExtendedAttribute::name);
  if (found == place.node->extended_attributes.end()) return std::nullopt;
  return found->value;
}

std::string TreeFs::extended_attribute_names(Ino ino) {
  const NodeRef place = node(ino);
  std::string names;
  for (const ExtendedAttribute& attribute : place.node->extended_attributes) {
    names += attribute.name;
    names += '\0';
  }
  return names;
}

TreeFs::NodeRef TreeFs::node(Ino ino) {
  const auto place = inodes_.find(ino);
  if (!place) throw StaleInode(ino);
  std::shared_ptr<const TreeListing> listing = trees_.get(place->directory->tree, stop_);
  const Node* node = &listing->nodes.at(place->index);
  return {std::move(listing), node, place->directory};
}

TreeFs::DirectoryRef TreeFs::directory(Ino ino) {
  if (const TreeDirectory* known = inodes_.find_directory(ino)) {
    return {known, trees_.get(known->tree, stop_)};
  }
  const TreeDirectory found = describe(ino);
  std::shared_ptr<const TreeListing> listing = trees_.get(found.tree, stop_);
  const TreeDirectory& added =
      inodes_.add(found.self, found.parent, found.root, found.tree, *listing);
  return {&added, std::move(listing)};
}

/// A directory that was not read yet; without numbers for its entries.
TreeDirectory TreeFs::describe(Ino ino) {
  if (is_virtual(ino)) {
    if (const auto root = roots_.snapshot_root(ino)) {
      return {ino, root->parent, ino, 0, 0, root->tree};
    }
  } else if (const NodeRef place = node(ino); place.node->subtree) {
    return {ino, place.directory->self, place.directory->root, 0, 0, *place.node->subtree};
  }
  throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a directory");
}

Entry TreeFs::entry(const TreeDirectory& directory, std::size_t index, const Node& node) const {
  return {inodes_.ino_of(directory, index, node), attributes_of(node, ownership_), true};
}

}  // namespace snapfs
