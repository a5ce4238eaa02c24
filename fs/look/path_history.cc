#include "fs/look/path_history.h"

#include <tuple>
#include <unordered_map>
#include <utility>

#include "fs/base/path.h"
#include "fs/base/synchronized.h"
#include "fs/fetch/blob_walk.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

/// What each of the trees has under one name; none for trees that are damaged or missing.
using Entries = std::unordered_map<Id, std::optional<Node>>;

/// The entry of that name. Only this one is decoded.
std::optional<Node> find_entry(const TreeText& text, const Id& tree, const std::string& name,
                               const StopToken& stop) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view node = text.node(i);
    if (!is_plainly_named(node, name) && node_name(node) != name) continue;
    Node found = parse_node(node, tree_name(tree), stop);
    if (found.name == name) return found;
  }
  return std::nullopt;
}

Entries find_entries(Fetcher& fetcher, std::vector<Id> trees, const std::string& name,
                     const StopToken& stop, const PathUnreadable& unreadable) {
  Synchronized<Entries> entries;
  const auto visit = [&](const Id& tree, const FetchedBlob& blob, std::vector<Id>& /*next*/) {
    throw_if_stopped(stop);
    try {
      const TreeText text = read_tree_text(blob.open(), tree, stop);
      std::optional<Node> found = find_entry(text, tree, name, stop);
      entries.lock()->emplace(tree, std::move(found));
    } catch (const Error& error) {
      if (!error.means_loss()) throw;
      const auto one_at_a_time = entries.lock();
      unreadable(tree, error);
    }
  };
  BlobWalk<Id> walk(
      fetcher,
      [](const Id& tree) {
        return BlobHandle{BlobType::kTree, tree};
      },
      visit, stop);
  walk.add(std::move(trees));
  walk.run();
  return std::move(*entries.lock());
}

std::vector<Id> distinct_subtrees(std::span<const PathState> states) {
  std::vector<Id> trees;
  std::unordered_map<Id, bool> seen;
  for (const PathState& state : states) {
    const std::optional<Node>& node = state.node;
    if (node && node->subtree && seen.emplace(*node->subtree, true).second) {
      trees.push_back(*node->subtree);
    }
  }
  return trees;
}

auto content_of(const Node& node) {
  return std::tie(node.subtree, node.content, node.link_target, node.device);
}

auto metadata_of(const Node& node) {
  return std::tie(node.permissions, node.uid, node.gid, node.mtime, node.extended_attributes);
}

PathVersion compare(const std::optional<Node>& before, const std::optional<Node>& now,
                    std::size_t snapshot) {
  PathVersion version{.first = snapshot, .last = snapshot, .node = now};
  if (!now) return version;
  version.appeared = !before;
  if (!before) return version;
  version.type = before->type != now->type;
  version.content = !version.type && content_of(*before) != content_of(*now);
  version.metadata = metadata_of(*before) != metadata_of(*now);
  return version;
}

bool is_new(const std::optional<Node>& before, const PathVersion& version) {
  if (!version.node) return before.has_value();
  return version.appeared || version.type || version.content || version.metadata;
}

/// What `state` becomes by going on to the entry.
PathState step(const PathState& state, const Entries& entries) {
  if (!state.known || !state.node || !state.node->subtree) return {std::nullopt, state.known};
  const auto found = entries.find(*state.node->subtree);
  return found == entries.end() ? PathState{std::nullopt, false} : PathState{found->second};
}

}  // namespace

std::vector<PathState> states_of_path(Repository& repository, std::span<const Id> roots,
                                      std::string_view path, StopToken stop,
                                      const PathUnreadable& unreadable) {
  std::vector<PathState> states;
  for (const Id& root : roots) {
    Node node;
    node.type = NodeType::kDirectory;
    node.subtree = root;
    states.push_back({std::move(node)});
  }
  Fetcher fetcher(repository);
  for (const std::string& name : split_path(clean_path("/" + std::string(path)))) {
    const Entries entries =
        find_entries(fetcher, distinct_subtrees(states), name, stop, unreadable);
    for (PathState& state : states) state = step(state, entries);
  }
  return states;
}

std::vector<PathVersion> versions_of_path(std::span<const PathState> states) {
  std::vector<PathVersion> versions;
  std::optional<Node> before;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].known) continue;
    PathVersion version = compare(before, states[i].node, i);
    if (is_new(before, version)) {
      versions.push_back(std::move(version));
    } else if (!versions.empty()) {
      versions.back().last = i;
    }
    before = states[i].node;
  }
  return versions;
}

}  // namespace snapfs
