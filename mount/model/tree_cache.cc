#include "mount/model/tree_cache.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fs/format/huge_blob.h"
#include "fs/repo/repository.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"
#include "mount/model/current_blob.h"
#include "mount/model/name_limit.h"

namespace snapfs {

ContentSummary TreeListing::content(std::size_t index) const noexcept {
  const auto found = std::ranges::lower_bound(unusual, index, {}, &Unusual::index);
  if (found != unusual.end() && found->index == index) return found->content;
  return {nodes[index].size, 0, true};
}

std::shared_ptr<const TreeListing> TreeCache::get(const Id& tree, const StopToken& stop) {
  if (auto kept = large_.find(tree)) return kept;
  auto listing = cache_.get(tree, [&] {
    return make_listing(tree, load_current_blob(repository_, {BlobType::kTree, tree}, stop));
  });
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
    claim_.finish(cache_.make_listing(claim_.key(), std::move(plain)));
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

void TreeCache::leave_out(const Id& tree, const Node& node) const {
  if (!warn_) return;
  std::string name;
  append_go_quoted(name, node.name);
  warn_("an entry of tree " + tree.hex() + " is not shown: the kernel takes no names of " +
        std::to_string(node.name.size()) + " bytes: \"" + name + '"');
}

std::shared_ptr<const TreeListing> TreeCache::make_listing(const Id& tree, Bytes&& blob) const {
  auto listing = std::make_shared<TreeListing>();
  const auto add = [&](Node&& node) {
    if (node.name.size() > kMaxShownNameBytes) {
      return leave_out(tree, node);
    }
    if (node.type == NodeType::kFile) {
      const ContentSummary content = summarize(node, content_);
      node.size = content.size;
      if (content.hole_bytes != 0 || !content.complete) {
        listing->unusual.push_back({listing->nodes.size(), content});
      }
    }
    listing->nodes.push_back(node);
  };
  const std::string what = tree_name(tree);
  if (blob.size() > kHugeBlob) {
    TreeText text(std::move(blob), what, content_.stop);
    listing->nodes.reserve(text.size());
    parse_tree(std::move(text), add, what, content_.stop);
  } else {
    parse_tree(std::move(blob), add, what, content_.stop);
  }
  listing->nodes.shrink_to_fit();
  listing->bytes = sizeof(TreeListing) + listing->nodes.heap_bytes() +
                   listing->unusual.capacity() * sizeof(TreeListing::Unusual);
  return listing;
}

}  // namespace snapfs
