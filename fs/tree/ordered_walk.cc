// Preorder loads directories in threads of its own, in the order in which they will be needed:
// each listing tells which of its subdirectories will be entered, and these come next. The walk
// takes the listings in that very order, in the thread of its caller, so that a visitor needs no
// lock. A stack of levels and one path take the place of recursion: nothing bounds how deep a
// snapshot is.
#include "fs/tree/ordered_walk.h"

#include <utility>
#include <vector>

#include "fs/base/path_buffer.h"
#include "fs/repo/repository.h"
#include "fs/tree/directory_nodes.h"

namespace snapfs {
namespace {

struct Directory {
  PathChain path;
  Id tree;
};

struct Listing {
  DirectoryNodes nodes;
  std::vector<std::size_t> entered;  ///< places of directories, ascending
};

using Ahead = Preorder<Directory, Listing>;

Ahead::Loaded load(const Directory& directory, Bytes&& blob, const WalkInto& into,
                   const StopToken& stop) {
  throw_if_stopped(stop);
  Ahead::Loaded loaded;
  loaded.bytes = blob.size();  // decoded nodes take about as much
  const auto see = [&](std::size_t place, const Node& node) {
    if (!node.subtree) return;
    if (!into(WalkPlace(directory.path, node.name), node)) return;
    loaded.children.push_back({directory.path.below(node.name), *node.subtree});
    loaded.value.entered.push_back(place);
  };
  loaded.value.nodes = DirectoryNodes(std::move(blob), directory.tree, stop, see);
  return loaded;
}

/// One run. Without recursion, and with one path: nothing bounds how deep a snapshot is.
class Walk {
 public:
  Walk(Ahead& ahead, WalkVisitor& visitor, StopToken stop)
      : ahead_(ahead), visitor_(visitor), stop_(std::move(stop)) {}

  void run(const Id& root) {
    enter(root, 0);
    while (true) {
      if (Level& level = levels_.back(); !level.listing.nodes.empty()) {
        next_node(level);
        continue;
      }
      const std::size_t above = levels_.back().above;
      levels_.pop_back();
      if (levels_.empty()) return;
      visitor_.leave(path_.text());
      path_.cut(above);
    }
  }

 private:
  struct Level {
    std::size_t above = 0;  ///< how much of the path is the directory above
    Listing listing;
    std::size_t next_entered = 0;
  };

  void next_node(Level& level) {
    Listing& listing = level.listing;
    const bool enters = level.next_entered < listing.entered.size() &&
                        listing.entered[level.next_entered] == listing.nodes.place();
    Node node = listing.nodes.take();
    const std::size_t above = path_.enter(node.name);
    const Id subtree = enters ? *node.subtree : Id{};
    visitor_.node(path_.text(), node);
    if (!enters) return path_.cut(above);
    ++level.next_entered;
    enter(subtree, above);
  }

  void enter(const Id& tree, std::size_t above) {
    throw_if_stopped(stop_);
    Level level;
    try {
      level.listing = ahead_.take();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      visitor_.unreadable(path_.text(), tree, error);
    }
    level.above = above;
    levels_.push_back(std::move(level));
  }

  Ahead& ahead_;
  WalkVisitor& visitor_;
  const StopToken stop_;
  PathBuffer path_;
  std::vector<Level> levels_;
};

}  // namespace

void walk_in_order(Fetcher& fetcher, const Id& root, const WalkInto& into, WalkVisitor& visitor,
                   const StopToken& stop, const std::optional<AheadLimits>& limits) {
  Ahead ahead(
      fetcher, {{}, root},
      [](const Directory& directory) {
        return std::vector<BlobHandle>{{BlobType::kTree, directory.tree}};
      },
      [&](const Directory& directory, std::vector<Bytes>&& blobs) {
        return load(directory, std::move(blobs.front()), into, stop);
      },
      stop, limits.value_or(AheadLimits::of(fetcher)));
  Walk(ahead, visitor, stop).run(root);
}

void walk_in_order(Repository& repository, const Id& root, const WalkInto& into,
                   WalkVisitor& visitor, const StopToken& stop,
                   const std::optional<AheadLimits>& limits) {
  Fetcher fetcher(repository);
  walk_in_order(fetcher, root, into, visitor, stop, limits);
}

}  // namespace snapfs
