#include "mount/model/tree_fs.h"

#include <algorithm>
#include <utility>

#include "fs/base/error.h"
#include "fs/tree/node_json.h"
#include "fs/tree/node_text.h"

namespace snapfs {
namespace {

[[noreturn]] void throw_untellable(const NodeView& node, const std::string& reason) {
  std::string text = "\"";
  append_go_quoted(text, node.name);
  throw Error(ErrorCode::kUnsupported, text + "\": " + reason, std::string(node.name));
}

/// What the kernel can be told of; never a part of it.
std::string target_of(const NodeView& link) {
  constexpr std::size_t kLongest = 4095;  // a page, without the zero byte that ends it
  Node node;
  node.type = link.type;
  node.link_target = link.link_target;
  if (const auto reason = untellable_target(node)) throw_untellable(link, *reason);
  if (node.link_target.size() > kLongest) {
    throw_untellable(link, "its link target is longer than the 4,095 bytes that the kernel takes");
  }
  return std::move(node.link_target);
}

}  // namespace

/// The names of a directory inside a snapshot. Keeps the decoded tree while it is open.
class TreeFs::Listing final : public OpenDirectory {
 public:
  Listing(const TreeFs& fs, DirectoryRef directory) : fs_(fs), directory_(std::move(directory)) {}

  InodeNumber self() const noexcept override { return directory_.directory->inode; }
  InodeNumber parent() const noexcept override { return directory_.directory->parent_inode; }
  std::size_t size() const noexcept override { return directory_.listing->nodes.size(); }
  std::string_view name(std::size_t index) const override {
    return directory_.listing->nodes.name(index);
  }
  Entry entry(std::size_t index) const override {
    return fs_.entry(*directory_.directory, *directory_.listing, index);
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
  return entry(*place.directory, *place.listing, *index);
}

Entry TreeFs::entry(Ino ino) {
  const NodeRef place = node(ino);
  return entry(*place.directory, *place.listing, place.index);
}

std::shared_ptr<const OpenDirectory> TreeFs::open_directory(Ino ino) {
  return std::make_shared<Listing>(*this, directory(ino));
}

std::string TreeFs::read_link(Ino ino) {
  const NodeRef place = node(ino);
  if (place.node.type == NodeType::kSymlink) return target_of(place.node);
  throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a symbolic link");
}

std::optional<Bytes> TreeFs::extended_attribute(Ino ino, std::string_view name) {
  const NodeRef place = node(ino);
  const auto found =
      std::ranges::find(place.node.extended_attributes, name, &ExtendedAttribute::name);
  if (found == place.node.extended_attributes.end()) return std::nullopt;
  return found->value;
}

std::string TreeFs::extended_attribute_names(Ino ino) {
  const NodeRef place = node(ino);
  std::string names;
  for (const ExtendedAttribute& attribute : place.node.extended_attributes) {
    if (const auto reason = untellable_attribute(attribute.name))
      throw_untellable(place.node, *reason);
    names += attribute.name;
    names += '\0';
  }
  return names;
}

std::string TreeFs::place_text(Ino ino) const {
  std::string path;
  while (!is_virtual(ino)) {
    const auto place = inodes_.find(ino);
    if (!place) throw StaleInode(ino);
    const auto listing = peek(*place->directory);
    path.insert(0, "/" + (listing ? std::string(listing->nodes.name(place->index)) : "…"));
    ino = place->directory->self;
  }
  const auto shown = root(ino);
  if (shown == nullptr) return {};
  if (!shown->path.empty()) path.insert(0, "/" + shown->path);
  return "snapshot " + shown->snapshot.short_hex() + ":" + (path.empty() ? "/" : path);
}

TreeFs::NodeRef TreeFs::node(Ino ino) {
  auto place = inodes_.find(ino);
  if (!place) throw StaleInode(ino);
  std::shared_ptr<const TreeListing> listing = listing_of(*place->directory);
  const NodeView node = listing->nodes[place->index];
  return {std::move(listing), node, std::move(place->directory), place->index};
}

std::optional<TreeFs::NodeRef> TreeFs::node_in_memory(Ino ino) {
  auto place = inodes_.find(ino);
  std::shared_ptr<const TreeListing> listing = place ? peek(*place->directory) : nullptr;
  if (!listing) return std::nullopt;
  const NodeView node = listing->nodes[place->index];
  return NodeRef{std::move(listing), node, std::move(place->directory), place->index};
}

std::optional<TreeFs::NodeRef> TreeFs::entries_in_memory(Ino directory) {
  auto known = inodes_.find_directory(directory);
  std::shared_ptr<const TreeListing> listing = known != nullptr ? peek(*known) : nullptr;
  if (!listing || listing->nodes.empty()) return std::nullopt;
  const NodeView node = listing->nodes[0];
  return NodeRef{std::move(listing), node, std::move(known), 0};
}

std::shared_ptr<const TreeListing> TreeFs::listing_in_memory(Ino directory) {
  const auto known = inodes_.find_directory(directory);
  return known != nullptr ? peek(*known) : nullptr;
}

std::vector<std::shared_ptr<const TreeListing>> TreeFs::following_in_memory(Ino directory,
                                                                            std::size_t most) {
  std::vector<std::shared_ptr<const TreeListing>> found;
  // Whether a walk would come to what is behind the listing.
  const auto append = [&](const TreeListing& listing, std::size_t next) {
    const std::size_t end = std::min(listing.nodes.size(), next + kLookedAt);
    for (; next < end && found.size() < most; ++next) {
      const std::optional<Id> subtree = listing.nodes[next].subtree;
      if (!subtree) continue;
      auto below = trees_.peek(*subtree);
      if (!below) return false;
      found.push_back(std::move(below));
    }
    return next == listing.nodes.size();
  };
  const auto known = inodes_.find_directory(directory);
  if (known == nullptr || known->against) return found;
  const auto listing = peek(*known);
  if (!listing || !append(*listing, 0) || is_virtual(directory)) return found;
  if (const auto place = node_in_memory(directory)) append(*place->listing, place->index + 1);
  return found;
}

std::shared_ptr<const TreeListing> TreeFs::peek(const TreeDirectory& directory) const {
  if (!directory.against) return trees_.peek(directory.tree);
  return changed_.peek({*directory.against, directory.tree});
}

/// The virtual node that shows a tree: a snapshot's root, or a tree shown like one. Null when it is
/// another one.
VirtualTree::NodePointer TreeFs::root(Ino ino) const {
  VirtualTree::NodePointer node = roots_.find(ino);
  if (node == nullptr) throw StaleInode(ino);
  return node->kind == VirtualNode::Kind::kTree ? node : nullptr;
}

TreeFs::DirectoryRef TreeFs::directory(Ino ino) {
  if (auto known = inodes_.find_directory(ino)) {
    std::shared_ptr<const TreeListing> listing = listing_of(*known);
    return {std::move(known), std::move(listing)};
  }
  const TreeDirectory found = describe(ino);
  std::shared_ptr<const TreeListing> listing = listing_of(found);
  InodeTable::DirectoryPointer added = inodes_.add(found, *listing);
  if (roots_.find(added->root) == nullptr) {  // dropped while the directory was read
    inodes_.drop(added->root);
    throw StaleInode(ino);
  }
  return {std::move(added), std::move(listing)};
}

/// A directory that was not read yet; without handles for its entries.
TreeDirectory TreeFs::describe(Ino ino) {
  TreeDirectory directory;
  directory.self = ino;
  if (is_virtual(ino)) {
    if (const auto shown = root(ino)) {
      directory.parent = shown->parent;
      directory.root = ino;
      directory.snapshot = shown->snapshot;
      directory.tree = shown->tree;
      directory.against = shown->against;
      directory.inode = shown->inode;
      directory.parent_inode = shown->parent_inode;
      directory.numbers = DirectoryNumbers(shown->snapshot, shown->tree);
      // An entry's position is among those that differ.
      if (shown->against) directory.numbers = directory.numbers.below(shown->against->hex());
      return directory;
    }
  } else if (const NodeRef place = node(ino); place.node.subtree) {
    directory.parent = place.directory->self;
    directory.root = place.directory->root;
    directory.snapshot = place.directory->snapshot;
    directory.tree = *place.node.subtree;
    directory.against = against_below(*place.directory, place.node.name);
    directory.inode = place.directory->numbers.entry(place.index);
    directory.parent_inode = place.directory->inode;
    directory.numbers = place.directory->numbers.below(place.node.name);
    return directory;
  }
  throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a directory");
}

std::shared_ptr<const TreeListing> TreeFs::listing_of(const TreeDirectory& directory) {
  if (!directory.against) return trees_.get(directory.tree, stop_);
  return changed_.get({*directory.against, directory.tree}, stop_);
}

/// What a subdirectory is compared with, when its parent is compared and both have it.
std::optional<Id> TreeFs::against_below(const TreeDirectory& directory, std::string_view name) {
  if (!directory.against) return std::nullopt;
  const auto before = trees_.get(*directory.against, stop_);
  const auto index = before->find(name);
  return index ? before->nodes[*index].subtree : std::nullopt;
}

Entry TreeFs::entry(const TreeDirectory& directory, const TreeListing& listing,
                    std::size_t index) const {
  const NodeView node = listing.nodes[index];
  const auto [ino, inode] = inodes_.entry(directory, index, node);
  Attributes attributes = attributes_of(node, listing.content(index).hole_bytes, ownership_);
  attributes.inode = inode;
  return {ino, attributes, true};
}

}  // namespace snapfs
