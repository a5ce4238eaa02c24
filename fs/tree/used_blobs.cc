#include "fs/tree/used_blobs.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_walk.h"

namespace snapfs {
namespace {

void insert(BlobSet& used, const BlobHandle& blob, const Id& tree) {
  if (used.insert(blob) != BlobSet::Inserted::kNotIndexed) return;
  throw Error(ErrorCode::kDamaged,
              fmt::format("{} blob {}, which tree {} refers to, is in no index; run 'snapfs check' "
                          "and repair what it finds",
                          to_string(blob.type), blob.id.short_hex(), tree.short_hex()),
              blob.id.hex());
}

/// What need not be there: kept where it is. Trees among it are appended to `trees`.
void keep(BlobSet& used, const std::vector<BlobHandle>& blobs, std::vector<Id>& trees) {
  for (const BlobHandle& blob : blobs) {
    const bool is_new = used.insert(blob) == BlobSet::Inserted::kNew;
    if (is_new && blob.type == BlobType::kTree) trees.push_back(blob.id);
  }
}

/// All that can be reached from trees that no reader of ours follows, as far as it is there.
void keep_below(Repository& repository, std::vector<Id> roots, SeenTrees& seen, BlobSet& used,
                const StopToken& stop) {
  if (roots.empty()) return;
  const VisitTree visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
    const TreeReferences references = read_references(std::move(blob), tree_name(tree), stop);
    used.insert({BlobType::kTree, tree});
    for (const Id& id : references.contents) used.insert({BlobType::kData, id});
    next = references.subtrees;
    keep(used, references.others, next);
  };
  const TreeFailed failed = [](const Id&, const Error& error) {
    if (!error.means_loss()) throw error;
  };
  walk_trees(repository, roots, seen, visit, stop, failed);
}

}  // namespace

BlobSet find_used_blobs(Repository& repository, std::span<const Id> roots, StopToken stop,
                        const std::function<void()>& visited) {
  BlobSet used(repository.index().contents());
  SeenTrees seen(repository);
  Synchronized<std::vector<Id>> other_trees;
  const VisitTree visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
    TreeReferences references = read_references(std::move(blob), tree_name(tree), stop);
    insert(used, {BlobType::kTree, tree}, tree);
    for (const Id& id : references.contents) insert(used, {BlobType::kData, id}, tree);
    keep(used, references.others, *other_trees.lock());
    next = std::move(references.subtrees);
    if (visited) visited();
  };
  walk_trees(repository, roots, seen, visit, stop);
  keep_below(repository, std::move(*other_trees.lock()), seen, used, stop);
  return used;
}

}  // namespace snapfs
