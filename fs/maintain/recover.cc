#include "fs/maintain/recover.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/index/blob_set.h"
#include "fs/maintain/progress.h"
#include "fs/repo/identity.h"
#include "fs/repo/repository.h"
#include "fs/store/blob_writer.h"
#include "fs/time/timezone.h"
#include "fs/tree/node_json.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_walk.h"

namespace snapfs {
namespace {

std::vector<Id> indexed_trees(const Index::Contents& contents) {
  std::vector<Id> trees;
  for_each_blob(contents, [&](const BlobCopies& copies) {
    if (copies.first.type == BlobType::kTree) trees.push_back(copies.entries.front().id);
  });
  return trees;
}

/// Leaves in `roots`, which holds all trees, those that no other refers to, and that can be read.
/// Returns how many cannot be.
std::size_t drop_referenced(Repository& repository, const std::vector<Id>& trees, BlobSet& roots,
                            MaintenanceProgress& progress, const StopToken& stop) {
  std::size_t unreadable = 0;
  const auto failed = [&](const Id& tree, const Error& error) {
    if (!error.means_loss()) throw error;
    ++unreadable;
    roots.erase({BlobType::kTree, tree});
    progress.warn(fmt::format("tree {} is left out: {}", tree.short_hex(), error.what()));
  };
  const auto visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>&) {
    const std::string what = "tree " + tree.short_hex();
    for (const Id& subtree : read_references(std::move(blob), what, stop).subtrees) {
      roots.erase({BlobType::kTree, subtree});
    }
    progress.advance();
  };
  progress.begin("reading", "trees", trees.size());
  walk_trees(repository, trees, visit, stop, failed);
  return unreadable;
}

Node directory_of_root(const Id& root, bool short_name, Timestamp now) {
  Node node;
  node.name = short_name ? root.short_hex() : root.hex();
  node.type = NodeType::kDirectory;
  node.permissions = 0755;
  node.mtime = node.atime = node.ctime = now;
  node.subtree = root;
  return node;
}

/// A directory of the roots, which are in ascending order.
std::string tree_of_roots(const std::vector<Id>& roots, Timestamp now) {
  const auto same = [](const Id& a, const Id& b) { return a.short_hex() == b.short_hex(); };
  const bool distinct = std::adjacent_find(roots.begin(), roots.end(), same) == roots.end();
  TreeBuilder builder;
  for (const Id& root : roots) {
    std::string json;
    append_node_json(json, directory_of_root(root, distinct, now), TimeZone::local());
    builder.add(json);
  }
  return builder.finish();
}

Snapshot snapshot_of(const Id& tree, Timestamp now) {
  const Identity identity = Identity::of_process();
  Snapshot snapshot;
  snapshot.time = TimeZone::local().at(now);
  snapshot.tree = tree;
  snapshot.paths = {"/recover"};
  snapshot.tags = {"recovered"};
  snapshot.hostname = identity.hostname;
  snapshot.username = identity.username;
  snapshot.uid = identity.uid;
  snapshot.gid = identity.gid;
  return snapshot;
}

}  // namespace

RecoverOutcome recover_trees(Repository& repository, const Clock& clock,
                             const std::function<void()>& require_lock,
                             MaintenanceProgress& progress, StopToken stop) {
  const auto left_out = [&progress](const Id&, const Error& error) {
    // Another time it may be read, and what it refers to is not lost.
    if (!error.means_loss()) throw error;
    progress.warn(error.what());
  };
  const std::vector<Snapshot> snapshots = load_snapshots(repository, stop, left_out);
  repository.load_index(stop);
  BlobSet roots(repository.index().contents());
  const std::vector<Id> trees = indexed_trees(roots.contents());
  for (const Id& tree : trees) roots.insert({BlobType::kTree, tree});

  RecoverOutcome outcome;
  outcome.trees = trees.size();
  outcome.unreadable = drop_referenced(repository, trees, roots, progress, stop);
  for (const Snapshot& snapshot : snapshots) roots.erase({BlobType::kTree, snapshot.tree});
  std::vector<Id> found;
  std::copy_if(trees.begin(), trees.end(), std::back_inserter(found), [&roots](const Id& tree) {
    return roots.contains({BlobType::kTree, tree});
  });
  outcome.roots = found.size();
  if (found.empty()) return outcome;

  const Timestamp now = clock.now();
  const std::string blob = tree_of_roots(found, now);
  const Id tree = sha256(as_bytes(blob));
  BlobWriter writer(repository, clock);
  writer.add({BlobType::kTree, tree}, as_bytes(blob), stop);
  writer.flush(stop);
  require_lock();
  outcome.snapshot = save_snapshot(repository, snapshot_of(tree, now), stop);
  return outcome;
}

}  // namespace snapfs
