#include "fs/maintain/path_history.h"

#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "fs/base/parallel.h"
#include "fs/base/path.h"
#include "fs/base/synchronized.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

using Entries = std::unordered_map<Id, PathState>;

/// The entry of that name. Only this one is decoded.
PathState find_entry(Repository& repository, const Id& tree, const std::string& name,
                     const StopToken& stop) {
  const TreeText text = load_tree_text(repository, tree, stop);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view node = text.node(i);
    if (is_plainly_named(node, name) || node_name(node) == name) {
      return parse_node(node, fmt::format("tree {}", tree.hex()));
    }
  }
  return std::nullopt;
}

Entries find_entries(Repository& repository, const std::vector<Id>& trees, const std::string& name,
                     const StopToken& stop, const PathUnreadable& unreadable) {
  Synchronized<Entries> entries;
  parallel_for_each(trees, [&](const Id& tree) {
    throw_if_stopped(stop);
    try {
      PathState found = find_entry(repository, tree, name, stop);
      entries.lock()->emplace(tree, std::move(found));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      const auto one_at_a_time = entries.lock();
      unreadable(tree, error);
    }
  });
  return std::move(*entries.lock());
}

std::vector<Id> distinct_subtrees(std::span<const PathState> states) {
  std::vector<Id> trees;
  std::unordered_map<Id, bool> seen;
  for (const PathState& state : states) {
    if (state && state->subtree && seen.emplace(*state->subtree, true).second) {
      trees.push_back(*state->subtree);
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

PathVersion compare(const PathState& before, const PathState& now, std::size_t snapshot) {
  PathVersion version{.first = snapshot, .last = snapshot, .state = now};
  if (!now) return version;
  version.appeared = !before;
  if (!before) return version;
  version.type = before->type != now->type;
  version.content = !version.type && content_of(*before) != content_of(*now);
  version.metadata = metadata_of(*before) != metadata_of(*now);
  return version;
}

bool is_new(const PathState& before, const PathVersion& version) {
  if (!version.state) return before.has_value();
  return version.appeared || version.type || version.content || version.metadata;
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
    states.emplace_back(std::move(node));
  }
  for (const std::string& name : split_path(clean_path("/" + std::string(path)))) {
    const Entries entries =
        find_entries(repository, distinct_subtrees(states), name, stop, unreadable);
    for (PathState& state : states) {
      const auto found = state && state->subtree ? entries.find(*state->subtree) : entries.end();
      state = found == entries.end() ? std::nullopt : found->second;
    }
  }
  return states;
}

std::vector<PathVersion> versions_of_path(std::span<const PathState> states) {
  std::vector<PathVersion> versions;
  PathState before;
  for (std::size_t i = 0; i < states.size(); ++i) {
    PathVersion version = compare(before, states[i], i);
    if (is_new(before, version)) {
      versions.push_back(std::move(version));
    } else if (!versions.empty()) {
      versions.back().last = i;
    }
    before = states[i];
  }
  return versions;
}

}  // namespace snapfs
