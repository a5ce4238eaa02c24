#include "fs/tree/snapshot_path.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {
namespace {

std::string joined(const std::vector<std::string>& parts, std::size_t count) {
  return fmt::format(
      "/{}", fmt::join(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count), "/"));
}

/// The entry that the first `count` parts lead to.
Node find_entry(Repository& repository, const Id& root, const std::vector<std::string>& parts,
                const StopToken& stop) {
  Id tree = root;
  for (std::size_t i = 0;; ++i) {
    std::vector<Node> nodes = load_tree(repository, tree, stop);
    const auto found = std::ranges::lower_bound(nodes, parts[i], {}, &Node::name);
    if (found == nodes.end() || found->name != parts[i]) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("there is no {} in the snapshot: \"snapfs ls\" shows what there is",
                              joined(parts, i + 1)),
                  joined(parts, i + 1));
    }
    if (i + 1 == parts.size()) return std::move(*found);
    if (!found->subtree) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} is not a directory in the snapshot", joined(parts, i + 1)),
                  joined(parts, i + 1));
    }
    tree = *found->subtree;
  }
}

std::vector<std::string> parts_inside(std::string_view path) {
  return split_path(clean_path("/" + std::string(path)));
}

}  // namespace

SnapshotPath SnapshotPath::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

Snapshot load_snapshot(Repository& repository, std::string_view text, const SnapshotFilter& filter,
                       StopToken stop, const DamagedSnapshot& damaged) {
  if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos || text.empty()) {
    return find_snapshot(load_snapshots(repository, stop, damaged), text, filter);
  }
  std::vector<Snapshot> candidates;
  for (const Id& id : repository.list(FileKind::kSnapshot, stop)) candidates.emplace_back().id = id;
  const Id id = find_snapshot(candidates, text, filter).id;
  return parse_snapshot(id, repository.load_file({FileKind::kSnapshot, id}, std::move(stop)));
}

Id find_directory(Repository& repository, const Id& root, std::string_view path, StopToken stop) {
  const std::vector<std::string> parts = parts_inside(path);
  if (parts.empty()) return root;
  const Node node = find_entry(repository, root, parts, stop);
  if (node.subtree) return *node.subtree;
  const std::string whole = joined(parts, parts.size());
  throw Error(ErrorCode::kNotFound, fmt::format("{} is not a directory in the snapshot", whole),
              whole);
}

std::optional<Node> find_node(Repository& repository, const Id& root, std::string_view path,
                              StopToken stop) {
  const std::vector<std::string> parts = parts_inside(path);
  if (parts.empty()) return std::nullopt;
  return find_entry(repository, root, parts, stop);
}

}  // namespace snapfs
