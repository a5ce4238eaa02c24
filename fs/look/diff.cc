// Two sorted lists of nodes side by side, as text: nodes that are the same are never decoded.
#include "fs/look/diff.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/preorder_ahead.h"
#include "fs/look/diff_blobs.h"
#include "fs/repo/repository.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

/// A directory of one side or both.
struct Sides {
  std::string path;  ///< with a slash at the end
  std::optional<Id> before;
  std::optional<Id> after;
};

/// An entry that is not the same on both sides.
struct Difference {
  std::optional<Node> before;
  std::optional<Node> after;

  const Node& either() const { return after ? *after : *before; }
};

struct Comparison {
  std::vector<Difference> differences;  ///< ascending by name
  std::vector<Id> common_content;
  std::vector<Id> common_directories;
};

using Ahead = PreorderAhead<Sides, Comparison>;

/// What will be compared below a difference. A directory that became something else, or was
/// something else, is told by itself.
std::optional<Sides> below(const std::string& directory, const Difference& difference) {
  const auto subtree = [](const std::optional<Node>& node) {
    return node ? node->subtree : std::optional<Id>();
  };
  const auto before = subtree(difference.before);
  const auto after = subtree(difference.after);
  const bool changed_type =
      difference.before && difference.after && before.has_value() != after.has_value();
  if ((!before && !after) || changed_type || before == after) return std::nullopt;
  return Sides{directory + difference.either().name + "/", before, after};
}

/// Puts the nodes of two trees beside each other.
class Comparer {
 public:
  Comparer(TreeText before, TreeText after)
      : before_(std::move(before)), after_(std::move(after)) {}

  Comparison run() {
    while (left_ < before_.size() || right_ < after_.size()) step();
    return std::move(result_);
  }

 private:
  static Node parse(std::string_view json) { return parse_node(json, "a tree"); }

  void step() {
    if (left_ == before_.size()) return only_after();
    if (right_ == after_.size()) return only_before();
    const std::string_view left = before_.node(left_);
    const std::string_view right = after_.node(right_);
    if (left == right) {
      same(left);
    } else {
      compare(left, right);
    }
  }

  void compare(std::string_view left, std::string_view right) {
    const std::optional<std::string> left_name = node_name(left);
    const std::optional<std::string> right_name = node_name(right);
    if (left_name < right_name) return only_before();
    if (right_name < left_name) return only_after();
    ++left_;
    ++right_;
    Difference both{parse(left), parse(right)};
    if (both.before->subtree && both.before->subtree == both.after->subtree) {
      result_.common_directories.push_back(*both.before->subtree);
    }
    result_.differences.push_back(std::move(both));
  }

  void only_before() {
    result_.differences.push_back({parse(before_.node(left_++)), std::nullopt});
  }
  void only_after() { result_.differences.push_back({std::nullopt, parse(after_.node(right_++))}); }

  void same(std::string_view json) {
    ++left_;
    ++right_;
    // A tail has the content of a file, and nothing like it for anything else.
    if (const auto content = content_at_end(json)) {
      append(*content);
      return;
    }
    const Node node = parse(json);
    append(node.content);
    if (node.subtree) result_.common_directories.push_back(*node.subtree);
  }

  void append(const std::vector<Id>& content) {
    result_.common_content.insert(result_.common_content.end(), content.begin(), content.end());
  }

  const TreeText before_;
  const TreeText after_;
  std::size_t left_ = 0;
  std::size_t right_ = 0;
  Comparison result_;
};

Ahead::Loaded load(Repository& repository, const Sides& sides, const StopToken& stop) {
  throw_if_stopped(stop);
  const auto text = [&](const std::optional<Id>& tree) {
    return tree ? load_tree_text(repository, *tree, stop) : TreeText();
  };
  TreeText before = text(sides.before);
  Ahead::Loaded loaded;
  loaded.value = Comparer(std::move(before), text(sides.after)).run();
  loaded.weight = loaded.value.differences.size() + 1;
  for (const Difference& difference : loaded.value.differences) {
    if (auto child = below(sides.path, difference)) loaded.children.push_back(*std::move(child));
  }
  return loaded;
}

/// One run.
class Diff {
 public:
  Diff(Ahead& ahead, DiffMetadata metadata, DiffVisitor& visitor, StopToken stop)
      : ahead_(ahead), metadata_(metadata), visitor_(visitor), stop_(std::move(stop)) {}

  /// The first directory has to be readable.
  void run() {
    levels_.push_back({"/", take("/")});
    while (!levels_.empty()) {
      throw_if_stopped(stop_);
      Level& level = levels_.back();
      if (level.next == level.comparison.differences.size()) {
        levels_.pop_back();
        continue;
      }
      const Difference& difference = level.comparison.differences[level.next++];
      tell(level.path, difference);
      if (auto sides = below(level.path, difference)) enter(std::move(sides->path));
    }
  }

  DiffBlobs& blobs() noexcept { return blobs_; }
  DiffSummary& summary() noexcept { return summary_; }

 private:
  struct Level {
    std::string path;
    Comparison comparison;
    std::size_t next = 0;
  };

  Comparison take(const std::string& path) {
    try {
      Comparison comparison = ahead_.take();
      blobs_.add_common(std::exchange(comparison.common_content, {}));
      for (const Id& tree : comparison.common_directories) blobs_.add_common_directory(tree);
      return comparison;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled || levels_.empty()) throw;
      visitor_.unreadable(path, error);
      return {};
    }
  }

  void enter(std::string path) {
    Comparison comparison = take(path);
    levels_.push_back({std::move(path), std::move(comparison)});
  }

  void tell(const std::string& directory, const Difference& difference) {
    const bool is_directory = difference.either().type == NodeType::kDirectory;
    const std::string path = directory + difference.either().name + (is_directory ? "/" : "");
    if (difference.before) blobs_.add(DiffBlobs::Side::kBefore, *difference.before);
    if (difference.after) blobs_.add(DiffBlobs::Side::kAfter, *difference.after);
    if (!difference.after) {
      count(summary_.removed, *difference.before);
      visitor_.change(path, "-");
    } else if (!difference.before) {
      count(summary_.added, *difference.after);
      visitor_.change(path, "+");
    } else if (const std::string modifiers = compare(*difference.before, *difference.after);
               !modifiers.empty()) {
      visitor_.change(path, modifiers);
    }
  }

  static void count(DiffCounts& counts, const Node& node) {
    if (node.type == NodeType::kFile) {
      ++counts.files;
    } else if (node.type == NodeType::kDirectory) {
      ++counts.directories;
    } else {
      ++counts.others;
    }
  }

  std::string compare(const Node& before, const Node& after) {
    std::string modifiers = before.type == after.type ? "" : "T";
    const bool files = before.type == NodeType::kFile && after.type == NodeType::kFile;
    if (files && before.content != after.content) {
      ++summary_.changed_files;
      Node same_content = before;
      same_content.content = after.content;
      return modifiers + (is_same_node(same_content, after) ? "M?" : "M");
    }
    if (metadata_ == DiffMetadata::kTold && !is_same_node(before, after)) modifiers += "U";
    return modifiers;
  }

  Ahead& ahead_;
  const DiffMetadata metadata_;
  DiffVisitor& visitor_;
  const StopToken stop_;
  std::vector<Level> levels_;
  DiffBlobs blobs_;
  DiffSummary summary_;
};

std::vector<ExtendedAttribute> sorted_attributes(const Node& node) {
  std::vector<ExtendedAttribute> attributes = node.extended_attributes;
  std::ranges::sort(attributes, {}, [](const ExtendedAttribute& attribute) {
    return std::tie(attribute.name, attribute.value);
  });
  return attributes;
}

}  // namespace

bool is_same_node(const Node& a, const Node& b) {
  if (a == b) return true;
  if (a.extended_attributes.size() != b.extended_attributes.size()) return false;
  Node sorted_a = a;
  Node sorted_b = b;
  sorted_a.extended_attributes = sorted_attributes(a);
  sorted_b.extended_attributes = sorted_attributes(b);
  return sorted_a == sorted_b;
}

DiffSummary diff_trees(Repository& repository, const Id& before, const Id& after,
                       DiffMetadata metadata, DiffVisitor& visitor, StopToken stop) {
  if (before == after) return {};
  Ahead ahead({"/", before, after},
              [&](const Sides& sides) { return load(repository, sides, stop); });
  Diff diff(ahead, metadata, visitor, stop);
  diff.blobs().add_tree(DiffBlobs::Side::kBefore, before);
  diff.blobs().add_tree(DiffBlobs::Side::kAfter, after);
  diff.run();
  diff.blobs().finish(repository, diff.summary(), stop);
  return diff.summary();
}

}  // namespace snapfs
