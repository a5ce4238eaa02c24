#include "fs/tree/ordered_walk.h"

#include <utility>
#include <vector>

#include "fs/base/path.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {
namespace {

struct Directory {
  std::string path;
  Id tree;
};

struct Listing {
  std::vector<Node> nodes;
  std::vector<std::size_t> entered;  ///< ascending
};

using Ahead = PreorderAhead<Directory, Listing>;

Ahead::Loaded load(Repository& repository, const Directory& directory, const WalkInto& into,
                   const StopToken& stop) {
  throw_if_stopped(stop);
  Ahead::Loaded loaded;
  loaded.value.nodes = load_tree(repository, directory.tree, stop);
  loaded.weight = loaded.value.nodes.size() + 1;
  for (std::size_t i = 0; i < loaded.value.nodes.size(); ++i) {
    const Node& node = loaded.value.nodes[i];
    if (!node.subtree) continue;
    std::string path = join_path(directory.path, node.name);
    if (!into(path, node)) continue;
    loaded.children.push_back({std::move(path), *node.subtree});
    loaded.value.entered.push_back(i);
  }
  return loaded;
}

/// One run. Without recursion: nothing bounds how deep a snapshot is.
class Walk {
 public:
  Walk(Ahead& ahead, WalkVisitor& visitor, StopToken stop)
      : ahead_(ahead), visitor_(visitor), stop_(std::move(stop)) {}

  void run(const Id& root) {
    enter("/", root);
    while (true) {
      if (Level& level = levels_.back(); level.next < level.listing.nodes.size()) {
        next_node(level);
        continue;
      }
      const std::string path = std::move(levels_.back().path);
      levels_.pop_back();
      if (levels_.empty()) return;
      visitor_.leave(path);
    }
  }

 private:
  struct Level {
    std::string path;
    Listing listing;
    std::size_t next = 0;
    std::size_t next_entered = 0;
  };

  void next_node(Level& level) {
    const Listing& listing = level.listing;
    const bool enters = level.next_entered < listing.entered.size() &&
                        listing.entered[level.next_entered] == level.next;
    Node& node = level.listing.nodes[level.next++];
    std::string path = join_path(level.path, node.name);
    const Id subtree = enters ? *node.subtree : Id{};
    visitor_.node(path, node);
    if (!enters) return;
    ++level.next_entered;
    enter(std::move(path), subtree);
  }

  void enter(std::string path, const Id& tree) {
    throw_if_stopped(stop_);
    Level level;
    try {
      level.listing = ahead_.take();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      visitor_.unreadable(path, tree, error);
    }
    level.path = std::move(path);
    levels_.push_back(std::move(level));
  }

  Ahead& ahead_;
  WalkVisitor& visitor_;
  const StopToken stop_;
  std::vector<Level> levels_;
};

}  // namespace

void walk_in_order(Repository& repository, const Id& root, const WalkInto& into,
                   WalkVisitor& visitor, StopToken stop, const AheadLimits& limits) {
  Ahead ahead(
      {"/", root},
      [&](const Directory& directory) { return load(repository, directory, into, stop); }, limits);
  Walk(ahead, visitor, stop).run(root);
}

}  // namespace snapfs
