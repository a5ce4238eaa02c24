#include "fs/look/diff_blobs.h"

#include <mutex>
#include <utility>

#include "fs/repo/repository.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_walk.h"

namespace snapfs {
namespace {

void count(Repository& repository, const std::unordered_set<BlobHandle>& blobs,
           DiffCounts& counts) {
  for (const BlobHandle& blob : blobs) {
    ++(blob.type == BlobType::kData ? counts.data_blobs : counts.tree_blobs);
    if (const auto place = repository.index().find_any(blob)) {
      counts.bytes += place->plaintext_length();
    }
  }
}

}  // namespace

void DiffBlobs::add(Side side, const Node& node) {
  for (const Id& id : node.content) {
    (side == Side::kBefore ? before_ : after_).insert({BlobType::kData, id});
  }
  if (node.subtree) add_tree(side, *node.subtree);
}

void DiffBlobs::add_tree(Side side, const Id& tree) {
  (side == Side::kBefore ? before_ : after_).insert({BlobType::kTree, tree});
}

void DiffBlobs::add_common(const std::vector<Id>& content) {
  common_data_.insert(common_data_.end(), content.begin(), content.end());
}

void DiffBlobs::finish(Repository& repository, DiffSummary& summary, const StopToken& stop) {
  drop_common();
  if (!before_.empty() || !after_.empty()) drop_in_common_directories(repository, stop);
  count(repository, before_, summary.removed);
  count(repository, after_, summary.added);
}

void DiffBlobs::drop_common() {
  for (auto blob = before_.begin(); blob != before_.end();) {
    blob = after_.erase(*blob) > 0 ? before_.erase(blob) : std::next(blob);
  }
  for (const Id& id : std::exchange(common_data_, {})) {
    before_.erase({BlobType::kData, id});
    after_.erase({BlobType::kData, id});
  }
}

void DiffBlobs::drop_in_common_directories(Repository& repository, const StopToken& stop) {
  std::mutex mutex;
  const auto visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
    TreeReferences references = read_references(std::move(blob), tree_name(tree), stop);
    const std::lock_guard lock(mutex);
    before_.erase({BlobType::kTree, tree});
    after_.erase({BlobType::kTree, tree});
    for (const Id& id : references.contents) {
      before_.erase({BlobType::kData, id});
      after_.erase({BlobType::kData, id});
    }
    if (!before_.empty() || !after_.empty()) next = std::move(references.subtrees);
  };
  // What is lost has nothing that could be told of; without what cannot be read now the figures
  // would be wrong.
  const auto passed_over = [](const Id&, const Error& error) {
    if (!error.means_loss()) throw Error(error);
  };
  walk_trees(repository, common_directories_, visit, stop, passed_over);
}

}  // namespace snapfs
