// Comparing trees: two sorted lists of nodes side by side.
#include "mount/model/changed_trees.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace snapfs {

namespace {

/// Below this many levels a directory counts as changed when its ID differs, without looking.
constexpr unsigned kMaxDepth = 500;

std::optional<NodeView> find(const TreeListing& listing, std::string_view name) {
  const auto index = listing.find(name);
  return index ? std::optional(listing.nodes[*index]) : std::nullopt;
}

}  // namespace

bool shows_the_same(const NodeView& before, const NodeView& after) {
  // Not the size: a file's content says it, and nothing else has one that is shown.
  const auto what = [](const NodeView& node) {
    return std::tie(node.type, node.permissions, node.uid, node.gid, node.mtime, node.device,
                    node.link_target);
  };
  return what(before) == what(after) && std::ranges::equal(before.content, after.content) &&
         std::ranges::equal(before.extended_attributes, after.extended_attributes);
}

std::shared_ptr<const TreeListing> ChangedTrees::get(const TreePair& pair, const StopToken& stop) {
  return cache_.get(pair, [&] { return load(pair, stop); });
}

std::shared_ptr<const TreeListing> ChangedTrees::load(const TreePair& pair, const StopToken& stop) {
  auto changed = std::make_shared<TreeListing>();
  changed->bytes = sizeof(TreeListing);
  if (pair.before == pair.after) return changed;
  const auto before = trees_.get(pair.before, stop);
  const auto after = trees_.get(pair.after, stop);
  for (std::size_t i = 0; i < after->nodes.size(); ++i) {
    const NodeView node = after->nodes[i];
    if (!differs(find(*before, node.name), node, 0, stop)) continue;
    const ContentSummary content = after->content(i);
    if (content.hole_bytes != 0 || !content.complete) {
      changed->unusual.push_back({changed->nodes.size(), content});
    }
    changed->nodes.push_back(node);
  }
  changed->nodes.shrink_to_fit();
  changed->bytes += changed->nodes.heap_bytes();
  return changed;
}

bool ChangedTrees::differs(const std::optional<NodeView>& before, const NodeView& after,
                           unsigned depth, const StopToken& stop) {
  if (!before || !shows_the_same(*before, after)) return true;
  if (!after.subtree || !before->subtree) return false;
  return any_differs({*before->subtree, *after.subtree}, depth + 1, stop);
}

bool ChangedTrees::any_differs(const TreePair& pair, unsigned depth, const StopToken& stop) {
  if (pair.before == pair.after) return false;
  if (depth > kMaxDepth) return true;
  const auto before = trees_.get(pair.before, stop);
  const auto after = trees_.get(pair.after, stop);
  // Files first: they need no other tree.
  for (const bool directories : {false, true}) {
    for (const NodeView& node : after->nodes) {
      if (node.subtree.has_value() != directories) continue;
      if (differs(find(*before, node.name), node, depth, stop)) return true;
    }
  }
  return false;
}

void ChangedTrees::for_each_removed(const TreePair& pair,
                                    const std::function<void(const std::string& path)>& visit,
                                    const StopToken& stop) {
  struct Level {
    std::string prefix;
    TreePair pair;
    bool all = false;  ///< everything of `before` is gone
  };
  std::vector<Level> pending{{"", pair, false}};
  while (!pending.empty()) {
    const Level level = std::move(pending.back());
    pending.pop_back();
    if (!level.all && level.pair.before == level.pair.after) continue;
    const auto before = trees_.get(level.pair.before, stop);
    const auto after = level.all ? nullptr : trees_.get(level.pair.after, stop);
    for (const NodeView& node : before->nodes) {
      const std::string path = level.prefix + std::string(node.name);
      const auto successor = after ? find(*after, node.name) : std::nullopt;
      if (!successor) {
        visit(path);
      } else if (node.subtree) {
        // Removing a directory by the name that a file has taken would remove the file.
        const bool replaced = !successor->subtree;
        pending.push_back({path + "/",
                           {*node.subtree, replaced ? *node.subtree : *successor->subtree},
                           replaced});
      }
    }
  }
}

}  // namespace snapfs
