// Decoding of directories.
#include "mount/model/tree_cache.h"

#include <algorithm>
#include <utility>

#include "fs/repo/repository.h"
#include "fs/tree/tree_reader.h"

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

ContentSummary TreeListing::content(std::size_t index) const noexcept {
  const auto found = std::ranges::lower_bound(unusual, index, {}, &Unusual::index);
  if (found != unusual.end() && found->index == index) return found->content;
  return {nodes[index].size, 0, true};
}

std::shared_ptr<const TreeListing> TreeCache::get(const Id& tree, StopToken stop) {
  if (auto kept = large_.find(tree)) return kept;
  auto listing = cache_.get(tree, [&] { return make_listing(load_tree(repository_, tree, stop)); });
  large_.offer(tree, listing, cache_.budget_bytes());
  return listing;
}

std::shared_ptr<const TreeListing> TreeCache::peek(const Id& tree) {
  if (auto kept = large_.find(tree)) return kept;
  return cache_.peek(tree);
}

class TreeCache::ListingDelivery final : public PrefetchTarget::Delivery {
 public:
  ListingDelivery(const TreeCache& cache, SharedCache<Id, TreeListing>::Claim claim)
      : cache_(cache), claim_(std::move(claim)) {}

  void deliver(Bytes plain) override {
    std::vector<Node> nodes;
    parse_tree(plain, [&](Node&& node) { nodes.push_back(std::move(node)); });
    claim_.finish(cache_.make_listing(std::move(nodes)));
  }

 private:
  const TreeCache& cache_;
  SharedCache<Id, TreeListing>::Claim claim_;
};

std::unique_ptr<PrefetchTarget::Delivery> TreeCache::claim(const Id& tree) {
  auto claim = cache_.claim(tree);
  if (!claim) return nullptr;
  return std::make_unique<ListingDelivery>(*this, std::move(*claim));
}

std::shared_ptr<const TreeListing> TreeCache::make_listing(std::vector<Node> nodes) const {
  auto listing = std::make_shared<TreeListing>();
  listing->nodes = std::move(nodes);
  listing->nodes.shrink_to_fit();
  listing->bytes = sizeof(TreeListing) + listing->nodes.capacity() * sizeof(Node);
  for (std::size_t i = 0; i < listing->nodes.size(); ++i) {
    Node& node = listing->nodes[i];
    listing->bytes += heap_bytes(node);
    if (node.type != NodeType::kFile) continue;
    const ContentSummary content = summarize(node, content_);
    node.size = content.size;
    if (content.hole_bytes != 0 || !content.complete) listing->unusual.push_back({i, content});
  }
  listing->bytes += listing->unusual.capacity() * sizeof(TreeListing::Unusual);
  return listing;
}

}  // namespace snapfs
