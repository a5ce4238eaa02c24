// Decoding of directories.
#include "mount/model/tree_cache.h"

#include <algorithm>
#include <utility>

#include "fs/repo/repository.h"
#include "fs/tree/tree_reader.h"
#include "mount/model/file_layout.h"

namespace snapfs {

namespace {

std::size_t heap_bytes(const Node& node) noexcept {
  std::size_t bytes = node.name.capacity() + node.user.capacity() + node.group.capacity() +
                      node.link_target.capacity() + node.content.capacity() * sizeof(Id);
  for (const ExtendedAttribute& attribute : node.extended_attributes) {
    bytes += sizeof attribute + attribute.name.capacity() + attribute.value.capacity();
  }
  return bytes;
}

}  // namespace

std::optional<std::size_t> TreeListing::find(std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(
      nodes, name, {}, [](const Node& node) { return std::string_view(node.name); });
  if (found == nodes.end() || found->name != name) return std::nullopt;
  return static_cast<std::size_t>(found - nodes.begin());
}

std::shared_ptr<const TreeListing> TreeCache::get(const Id& tree, StopToken stop) {
  return cache_.get(tree, [&] { return load(tree, stop); });
}

std::shared_ptr<const TreeListing> TreeCache::load(const Id& tree, StopToken stop) {
  auto listing = std::make_shared<TreeListing>();
  listing->nodes = load_tree(repository_, tree, std::move(stop));
  listing->bytes = sizeof(TreeListing) + listing->nodes.capacity() * sizeof(Node);
  for (Node& node : listing->nodes) {
    if (node.type == NodeType::kFile) node.size = content_size(node, repository_.index());
    listing->bytes += heap_bytes(node);
  }
  return listing;
}

}  // namespace snapfs
