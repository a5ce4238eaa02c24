#include "fs/look/stats.h"

#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/crypto/cipher.h"
#include "fs/crypto/sha256.h"
#include "fs/repo/repository.h"
#include "fs/tree/ordered_walk.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_walk.h"
#include "fs/tree/used_blobs.h"

namespace snapfs {
namespace {

/// One name of a file with several names, or what may be one.
struct LinkedFile {
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t bytes = 0;
};

/// A directory by itself, and then with all that is below it.
struct TreeSize {
  RestoreSize size;                ///< without linked files' bytes
  std::vector<LinkedFile> linked;  ///< its own entries
  std::vector<Id> subtrees;        ///< doubles included
  bool has_linked = false;         ///< it or what is below it
  bool complete = false;           ///< what is below is counted
};

using TreeSizes = std::unordered_map<Id, TreeSize>;

void visit_nodes(const Id& tree, Bytes&& blob, std::vector<Id>& next, const StopToken& stop,
                 const std::function<void(const Node&)>& visit) {
  const auto take = [&](Node&& node) {
    visit(node);
    if (node.subtree) next.push_back(*node.subtree);
  };
  parse_tree(std::move(blob), take, tree_name(tree), stop);
}

void add(TreeSize& tree, const Node& node) {
  ++tree.size.files;
  if (node.subtree) tree.subtrees.push_back(*node.subtree);
  // Links that nobody counted, and inodes without number, are none.
  const bool linked = node.links != 1 && node.type != NodeType::kDirectory && node.inode != 0;
  if (!linked) {
    add_saturating(tree.size.bytes, node.size);
  } else if (node.size != 0) {
    tree.linked.push_back({node.inode, node.device_id, node.size});
    tree.has_linked = true;
  }
}

TreeSizes measure(Repository& repository, std::span<const Id> roots, const StopToken& stop) {
  Synchronized<TreeSizes> sizes;
  const auto visit = [&](const Id& id, Bytes&& blob, std::vector<Id>& next) {
    TreeSize tree;
    visit_nodes(id, std::move(blob), next, stop, [&](const Node& node) { add(tree, node); });
    sizes.lock()->emplace(id, std::move(tree));
  };
  walk_trees(repository, roots, visit, stop);
  return std::move(*sizes.lock());
}

/// Adds to `root`, and to every directory below it, what is below. A tree cannot be below itself:
/// its ID would depend on itself.
void complete(TreeSizes& sizes, const Id& root) {
  std::vector<std::pair<TreeSize*, std::size_t>> path = {{&sizes.at(root), 0}};
  while (!path.empty()) {
    auto& [tree, next] = path.back();
    if (!tree->complete && next < tree->subtrees.size()) {
      TreeSize& below = sizes.at(tree->subtrees[next]);
      if (!below.complete) {
        path.emplace_back(&below, 0);
        continue;
      }
      tree->size += below.size;
      tree->has_linked |= below.has_linked;
      ++next;
      continue;
    }
    tree->complete = true;
    path.pop_back();
  }
}

/// The bytes of linked files below `root`, each once.
std::uint64_t linked_bytes(const TreeSizes& sizes, const Id& root) {
  std::uint64_t bytes = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> counted;
  std::unordered_set<Id> seen = {root};
  std::vector<Id> left = {root};
  while (!left.empty()) {
    const TreeSize& tree = sizes.at(left.back());
    left.pop_back();
    if (!tree.has_linked) continue;
    for (const LinkedFile& file : tree.linked) {
      if (counted.emplace(file.inode, file.device).second) add_saturating(bytes, file.bytes);
    }
    for (const Id& below : tree.subtrees) {
      if (seen.insert(below).second) left.push_back(below);
    }
  }
  return bytes;
}

/// What stands for a file's content.
Id content_key(const Node& node) {
  Sha256 digest;
  for (const Id& blob : node.content) digest.update(blob.bytes);
  return digest.finish();
}

class PerFileVisitor final : public WalkVisitor {
 public:
  PerFileVisitor(Repository& repository, BlobsPerFile& counts)
      : repository_(repository), counts_(counts) {}

  void node(const std::string& path, Node& node) override {
    if (node.subtree) seen_.lock()->insert(*node.subtree);
    if (node.content.empty() || !contents_.insert(content_key(node)).second) return;
    auto& blobs = files_[sha256(as_bytes(path))];
    if (blobs.empty()) ++counts_.files;
    for (const Id& id : node.content) {
      if (!blobs.insert(id).second) continue;
      ++counts_.blobs;
      counts_.bytes += size_of(id);
    }
  }

  /// Whether the tree was met before: then all of it is counted, at paths that came first, or will
  /// be before anything else is met. Thread-safe.
  bool is_known(const Id& tree) const { return seen_.lock()->contains(tree); }

 private:
  std::uint64_t size_of(const Id& id) const {
    if (const auto place = repository_.index().find_any({BlobType::kData, id})) {
      return place->plaintext_length();
    }
    throw Error(ErrorCode::kDamaged,
                fmt::format("data blob {} is in no index: run \"snapfs check\"", id.hex()),
                id.hex());
  }

  Repository& repository_;
  BlobsPerFile& counts_;
  std::unordered_set<Id> contents_;
  std::unordered_map<Id, std::unordered_set<Id>> files_;  ///< by the digests of their paths
  mutable Synchronized<std::unordered_set<Id>> seen_;
};

}  // namespace

RestoreSize restore_size(Repository& repository, std::span<const Id> roots, StopToken stop) {
  TreeSizes sizes = measure(repository, roots, stop);
  RestoreSize total;
  for (const Id& root : roots) {
    complete(sizes, root);
    total += sizes.at(root).size;
    add_saturating(total.bytes, linked_bytes(sizes, root));
  }
  return total;
}

RestoreSize unique_contents(Repository& repository, std::span<const Id> roots, StopToken stop) {
  Synchronized<std::unordered_map<Id, std::uint64_t>> sizes;
  const auto visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
    std::vector<std::pair<Id, std::uint64_t>> found;
    visit_nodes(tree, std::move(blob), next, stop,
                [&](const Node& node) { found.emplace_back(content_key(node), node.size); });
    sizes.lock()->insert(found.begin(), found.end());
  };
  walk_trees(repository, roots, visit, stop);
  RestoreSize total;
  for (const auto& [content, bytes] : *sizes.lock()) total += {1, bytes};
  return total;
}

BlobsPerFile blobs_per_file(Repository& repository, std::span<const Id> roots, StopToken stop) {
  BlobsPerFile counts;
  PerFileVisitor visitor(repository, counts);
  for (const Id& root : roots) {
    const auto into = [&](const WalkPlace&, const Node& directory) {
      return !visitor.is_known(*directory.subtree);
    };
    walk_in_order(repository, root, into, visitor, stop);
  }
  return counts;
}

RawData raw_data(Repository& repository, std::span<const Id> roots, StopToken stop) {
  const BlobSet used = find_used_blobs(repository, roots, std::move(stop));
  RawData data;
  const bool compresses = repository.config().version >= 2;
  for_each_blob(used.contents(), [&](const BlobCopies& copies) {
    if (!used.contains(copies.first)) return;
    const TableEntry& entry = copies.entries.front();
    ++data.blobs;
    data.bytes += entry.length;
    if (!compresses) return;
    const bool compressed = entry.uncompressed_length != 0;
    const std::uint64_t uncompressed =
        compressed ? entry.uncompressed_length + Cipher::kOverhead : entry.length;
    data.uncompressed_bytes += uncompressed;
    if (!compressed) return;
    data.compressed_blob_bytes += entry.length;
    data.compressed_uncompressed_bytes += uncompressed;
  });
  return data;
}

std::optional<double> RawData::compression_ratio() const noexcept {
  if (compressed_blob_bytes == 0) return std::nullopt;
  return static_cast<double>(compressed_uncompressed_bytes) /
         static_cast<double>(compressed_blob_bytes);
}

double RawData::compression_progress() const noexcept {
  if (uncompressed_bytes == 0) return 0;
  return static_cast<double>(compressed_uncompressed_bytes) /
         static_cast<double>(uncompressed_bytes) * 100;
}

double RawData::space_saving() const noexcept {
  if (uncompressed_bytes == 0) return 0;
  return (1 - static_cast<double>(bytes) / static_cast<double>(uncompressed_bytes)) * 100;
}

}  // namespace snapfs
