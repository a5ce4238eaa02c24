// Every tree that can be reached from many snapshots, each once however many share it, over several
// threads. The order is nobody's: what a visitor makes of the trees must not depend on it.
#pragma once

#include <functional>
#include <span>
#include <unordered_set>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/base/synchronized.h"
#include "fs/index/blob_set.h"

namespace snapfs {

class Repository;

/// Takes one tree: its blob, authenticated, and the trees to go on with, which it appends to `next`
/// (doubles and trees that were seen before are fine). Called by several threads at once, once for
/// each distinct tree.
using VisitTree = std::function<void(const Id& tree, Bytes&& blob, std::vector<Id>& next)>;

/// Hears of a tree that could not be loaded, or that the visitor threw an Error for; the walk goes
/// on without what is below it. One call at a time.
using TreeFailed = std::function<void(const Id& tree, const Error& error)>;

/// What a walk remembers while it runs, and after it: for walks that go on from each other, such as
/// one for each snapshot, and for callers that want to know which trees were met.
class SeenTrees {
 public:
  /// The repository's index is loaded; what comes into it later is walked, too.
  explicit SeenTrees(Repository& repository);

  /// Whether the tree was not met before. Thread-safe.
  bool insert(const Id& tree);

 private:
  BlobSet indexed_;
  Synchronized<std::unordered_set<Id>> others_;
};

/// Visits every tree reachable from `roots`. Without `failed`, the first Error ends the walk and is
/// thrown. Those that are known at a time and lie near each other in a pack are loaded with one
/// request. Memory: see Fetcher, and 32 bytes for each tree that is known and not visited yet.
void walk_trees(Repository& repository, std::span<const Id> roots, const VisitTree& visit,
                StopToken stop, const TreeFailed& failed = nullptr);

/// The same without the trees in `seen`, and with those that are visited put into it.
void walk_trees(Repository& repository, std::span<const Id> roots, SeenTrees& seen,
                const VisitTree& visit, StopToken stop, const TreeFailed& failed = nullptr);

}  // namespace snapfs
