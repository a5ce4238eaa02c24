// Errors of single trees, and which trees were met: the walking is BlobWalk's.
#include "fs/tree/tree_walk.h"

#include <mutex>
#include <utility>

#include "fs/fetch/blob_walk.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

BlobHandle blob_of(const Id& tree) { return {BlobType::kTree, tree}; }

/// Calls `work`; tells `failed` of an error that is one tree's.
template <class Work>
void guarded(const Id& tree, const TreeFailed& failed, std::mutex& mutex, const Work& work) {
  try {
    work();
  } catch (...) {
    const Error error = current_error();
    const bool ends_it = error.ends_the_run() || error.code() == ErrorCode::kInternal;
    if (ends_it || !failed) throw;
    const std::lock_guard lock(mutex);
    failed(tree, error);
  }
}

}  // namespace

SeenTrees::SeenTrees(Repository& repository) : indexed_(repository.index().contents()) {}

bool SeenTrees::insert(const Id& tree) {
  switch (indexed_.insert({BlobType::kTree, tree})) {
    case BlobSet::Inserted::kNew:
      return true;
    case BlobSet::Inserted::kBefore:
      return false;
    case BlobSet::Inserted::kNotIndexed:
      break;
  }
  return others_.lock()->insert(tree).second;
}

void walk_trees(Repository& repository, std::span<const Id> roots, const VisitTree& visit,
                StopToken stop, const TreeFailed& failed) {
  SeenTrees seen(repository);
  walk_trees(repository, roots, seen, visit, std::move(stop), failed);
}

void walk_trees(Repository& repository, std::span<const Id> roots, SeenTrees& seen,
                const VisitTree& visit, StopToken stop, const TreeFailed& failed) {
  const auto is_seen = [&seen](const Id& tree) { return !seen.insert(tree); };
  std::mutex failed_mutex;
  Fetcher fetcher(repository);
  BlobWalk<Id> walk(
      fetcher, blob_of,
      [&](const Id& tree, const FetchedBlob& blob, std::vector<Id>& next) {
        guarded(tree, failed, failed_mutex, [&] {
          std::vector<Id> found;
          visit(tree, blob.open(), found);
          std::erase_if(found, is_seen);
          next = std::move(found);
        });
      },
      stop);
  std::vector<Id> first(roots.begin(), roots.end());
  std::erase_if(first, is_seen);
  walk.add(std::move(first));
  walk.run();
}

}  // namespace snapfs
