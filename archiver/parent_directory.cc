#include "archiver/parent_directory.h"

#include <algorithm>

#include "fs/base/error.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

/// The largest step by which the clock that set this time advances: the kernel's tick, or whole
/// seconds where a file system keeps no fractions (two on FAT).
std::int64_t granularity_of(Timestamp time) {
  constexpr std::int64_t kTick = 10'000'000;
  return time.nanoseconds == 0 ? 2 * kNanosecondsPerSecond : kTick;
}

bool compares_ctime(const UnchangedRule& rule) { return !rule.ignore_ctime && !rule.ignore_inode; }

bool may_be_after(Timestamp time, Timestamp start) {
  const std::int64_t seconds = time.seconds - start.seconds;
  constexpr std::int64_t kFar = 10;
  if (seconds > kFar || seconds < -kFar) return seconds > 0;
  const std::int64_t difference =
      seconds * kNanosecondsPerSecond + time.nanoseconds - start.nanoseconds;
  return difference + granularity_of(time) >= 0;
}

std::optional<Id> subtree_of(std::string_view node_json) {
  try {
    return parse_node(node_json).subtree;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::size_t PreviousNode::parent() const noexcept {
  const auto has_node = [](std::string_view node) { return !node.empty(); };
  return static_cast<std::size_t>(std::ranges::find_if(nodes, has_node) - nodes.begin());
}

std::string_view PreviousNode::json() const noexcept {
  const std::size_t newest = parent();
  return newest == kMaxParents ? std::string_view() : nodes[newest];
}

ParentTrees PreviousNode::subtrees() const {
  ParentTrees trees;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].empty()) continue;
    // The same directory in all parents is the usual case: read once.
    const auto same = std::ranges::find(nodes, nodes[i]);
    const auto first = static_cast<std::size_t>(same - nodes.begin());
    trees[i] = first < i ? trees[first] : subtree_of(nodes[i]);
  }
  return trees;
}

ParentDirectory::ParentDirectory(TreesAhead& source, const ParentTrees& trees,
                                 const StopToken& stop, const Unreadable& unreadable) {
  std::size_t loaded = 0;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    const auto first = std::ranges::find(trees, trees[i]);
    const bool repeated = first != trees.begin() + static_cast<std::ptrdiff_t>(i);
    if (!trees[i] || repeated) continue;
    try {
      layers_[i].text = read_tree_text(source.take(*trees[i], stop), *trees[i], stop);
    } catch (const Error& error) {
      if (error.ends_the_run()) throw;
      unreadable(error);
      continue;
    }
    only_tree_ = trees[i];
    only_layer_ = i;
    ++loaded;
  }
  if (loaded > 1) only_tree_.reset();
}

PreviousNode ParentDirectory::find(std::string_view name) {
  PreviousNode previous;
  for (std::size_t i = 0; i < layers_.size(); ++i) previous.nodes[i] = layers_[i].find(name);
  return previous;
}

std::string_view ParentDirectory::Layer::find(std::string_view name) {
  for (; next < text.size(); ++next) {
    const std::string_view node = text.node(next);
    if (is_plainly_named(node, name)) return text.node(next++);
    const std::optional<std::string> found = node_name(node);
    if (!found) continue;  // damaged: as if it were not there
    if (*found == name) return text.node(next++);
    if (*found > name) break;
  }
  return {};
}

bool is_unchanged(const Node& parent, const SourceMetadata& now, const UnchangedRule& rule) {
  const bool ctime_counts = compares_ctime(rule);
  return parent.type == NodeType::kFile && now.is_file() && parent.size == now.size &&
         parent.mtime == now.mtime && (!ctime_counts || parent.ctime == now.ctime) &&
         (rule.ignore_inode || parent.inode == now.inode);
}

bool may_have_changed_since(const SourceMetadata& now, Timestamp start, const UnchangedRule& rule) {
  return may_be_after(compares_ctime(rule) ? now.ctime : now.mtime, start);
}

bool has_all_content(const Index& index, std::span<const Id> content) {
  return std::ranges::all_of(content, [&](const Id& id) {
    return index.contains({BlobType::kData, id});
  });
}

}  // namespace snapfs
