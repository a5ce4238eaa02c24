#include "archiver/target_selection.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>

namespace snapfs {
namespace {

bool can_be_removed(const TargetNode& node) { return node.leaf && !node.is_explicit; }

class Remover {
 public:
  Remover(const SourceFs& source, const Selection& selection, SelectionObserver& observer)
      : source_(source), selection_(selection), observer_(observer) {}

  void prune(std::vector<TargetRoot>& roots) {
    std::map<std::string, std::vector<const TargetNode*>> by_base;
    for (const TargetRoot& root : roots) by_base[root.base].push_back(&root.node);
    std::set<std::string> removed;
    for (const auto& [base, nodes] : by_base) {
      std::set<std::string> gone = unselected(base, nodes);
      if (gone.size() == nodes.size()) observer_.nothing_left(base);
      removed.merge(gone);
    }
    std::erase_if(roots, [&](const TargetRoot& root) { return removed.contains(root.node.name); });
    for (TargetRoot& root : roots) prune(root.node);
  }

 private:
  void prune(TargetNode& node) {
    std::vector<const TargetNode*> children;
    for (const TargetNode& child : node.children) children.push_back(&child);
    const auto removed = unselected(node.path, children);
    std::erase_if(node.children,
                  [&](const TargetNode& child) { return removed.contains(child.name); });
    for (TargetNode& child : node.children) prune(child);
  }

  /// The names (in the snapshot) of those nodes that go; `nodes` is all that is to be saved of the
  /// directory `path`. Where one is not explicit the directory was listed, so that the nodes stand
  /// for all its names.
  std::set<std::string> unselected(const std::string& path,
                                   std::span<const TargetNode* const> nodes) const {
    std::set<std::string> removed;
    if (std::ranges::none_of(nodes, [](const auto* node) { return can_be_removed(*node); })) {
      return removed;
    }
    std::vector<std::string> names;
    for (const TargetNode* node : nodes) names.push_back(node->on_disk_name);
    std::ranges::sort(names);
    try {
      selection_.keep_selected(*source_.enter(path), names, observer_);
    } catch (const SourceError&) {
      return removed;
    }
    for (const TargetNode* node : nodes) {
      const bool kept = std::ranges::binary_search(names, node->on_disk_name);
      if (!kept && can_be_removed(*node)) removed.insert(node->name);
    }
    return removed;
  }

  const SourceFs& source_;
  const Selection& selection_;
  SelectionObserver& observer_;
};

}  // namespace

void remove_unselected(TargetTree& targets, const SourceFs& source, const Selection& selection,
                       SelectionObserver& observer) {
  if (!selection.looks_at_names()) return;
  Remover(source, selection, observer).prune(targets.roots);
}

}  // namespace snapfs
