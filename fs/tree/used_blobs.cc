#include "fs/tree/used_blobs.h"

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
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

}  // namespace

BlobSet find_used_blobs(Repository& repository, std::span<const Id> roots, StopToken stop,
                        const std::function<void()>& visited) {
  BlobSet used(repository.index().contents());
  const VisitTree visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
    TreeReferences references =
        read_references(std::move(blob), fmt::format("tree {}", tree.hex()));
    insert(used, {BlobType::kTree, tree}, tree);
    for (const Id& id : references.contents) insert(used, {BlobType::kData, id}, tree);
    next = std::move(references.subtrees);
    if (visited) visited();
  };
  walk_trees(repository, roots, visit, std::move(stop));
  return used;
}

}  // namespace snapfs
