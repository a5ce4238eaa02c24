// Two sorted lists of nodes are put side by side, as text: nodes that are the same are never
// decoded, except for what blobs they name. Preorder compares the pairs of directories that
// come next in threads of its own; the thread of the caller tells what it finds, in the order of
// paths. Pairs below which there was nothing to tell are remembered (QuietSides), because shared
// directories can make more paths than anybody has time for.
#include "fs/look/diff.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "fs/base/path_buffer.h"
#include "fs/base/synchronized.h"
#include "fs/fetch/preorder.h"
#include "fs/look/diff_blobs.h"
#include "fs/repo/repository.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

/// A directory of one side or both.
struct Sides {
  std::optional<Id> before;
  std::optional<Id> after;

  friend auto operator<=>(const Sides&, const Sides&) = default;
};

/// Pairs of directories below which nothing was told, so that they need not be gone through again
/// wherever else they are met: directories can share so much that there are more paths to them than
/// anybody has time for. Thread-safe.
class QuietSides {
 public:
  void add(const Sides& sides) { sides_.lock()->insert(sides); }
  bool contains(const Sides& sides) const { return sides_.lock()->contains(sides); }

 private:
  mutable Synchronized<std::set<Sides>> sides_;
};

/// An entry that is not the same on both sides: null where there is none. Millions of a directory
/// take no more room than the nodes that there are.
struct Difference {
  std::unique_ptr<const Node> before;
  std::unique_ptr<const Node> after;

  const Node& either() const { return after ? *after : *before; }
};

struct Comparison {
  std::vector<Difference> differences;  ///< ascending by name
  std::vector<Id> common_content;
  std::vector<Id> common_directories;

  /// About.
  std::uint64_t memory_bytes() const noexcept {
    return differences.size() * (sizeof(Difference) + sizeof(Node)) +
           (common_content.size() + common_directories.size()) * sizeof(Id);
  }
};

using Ahead = Preorder<Sides, Comparison>;

/// What will be compared below a difference. A directory that became something else, or was
/// something else, is told by itself.
std::optional<Sides> below(const Difference& difference) {
  const auto subtree = [](const std::unique_ptr<const Node>& node) {
    return node ? node->subtree : std::optional<Id>();
  };
  const auto before = subtree(difference.before);
  const auto after = subtree(difference.after);
  const bool changed_type =
      difference.before && difference.after && before.has_value() != after.has_value();
  if ((!before && !after) || changed_type || before == after) return std::nullopt;
  return Sides{before, after};
}

/// Puts the nodes of two trees beside each other.
class Comparer {
 public:
  /// Of these trees, of which an absent one has no text. `stop` must outlive it.
  Comparer(const Sides& trees, TreeText before, TreeText after, const StopToken& stop)
      : before_(std::move(before)),
        after_(std::move(after)),
        before_name_(name_of(trees.before)),
        after_name_(name_of(trees.after)),
        stop_(stop) {}

  Comparison run() {
    while (left_ < before_.size() || right_ < after_.size()) step();
    return std::move(result_);
  }

 private:
  static std::string name_of(const std::optional<Id>& tree) {
    return tree ? tree_name(*tree) : std::string();
  }

  std::unique_ptr<const Node> keep_before(std::string_view json) const {
    return std::make_unique<const Node>(parse_node(json, before_name_, stop_));
  }
  std::unique_ptr<const Node> keep_after(std::string_view json) const {
    return std::make_unique<const Node>(parse_node(json, after_name_, stop_));
  }

  void step() {
    throw_if_stopped(stop_);
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
    Difference both{keep_before(left), keep_after(right)};
    if (both.before->subtree && both.before->subtree == both.after->subtree) {
      result_.common_directories.push_back(*both.before->subtree);
    }
    result_.differences.push_back(std::move(both));
  }

  void only_before() {
    result_.differences.push_back({keep_before(before_.node(left_++)), nullptr});
  }
  void only_after() { result_.differences.push_back({nullptr, keep_after(after_.node(right_++))}); }

  void same(std::string_view json) {
    ++left_;
    ++right_;
    // A tail has the content of a file, and nothing like it for anything else.
    if (const auto content = content_at_end(json)) {
      append(*content);
      return;
    }
    const Node node = parse_node(json, before_name_, stop_);
    append(node.content);
    if (node.subtree) result_.common_directories.push_back(*node.subtree);
  }

  void append(const std::vector<Id>& content) {
    result_.common_content.insert(result_.common_content.end(), content.begin(), content.end());
  }

  const TreeText before_;
  const TreeText after_;
  const std::string before_name_;  ///< for messages, as is the next
  const std::string after_name_;
  const StopToken& stop_;
  std::size_t left_ = 0;
  std::size_t right_ = 0;
  Comparison result_;
};

/// None where it is known that there is nothing to tell.
std::vector<BlobHandle> blobs_of(const Sides& sides, const QuietSides& quiet) {
  std::vector<BlobHandle> blobs;
  if (quiet.contains(sides)) return blobs;
  for (const auto& tree : {sides.before, sides.after}) {
    if (tree) blobs.push_back({BlobType::kTree, *tree});
  }
  return blobs;
}

/// `blobs` are the trees that there are, that of before first.
Ahead::Loaded load(const Sides& sides, std::vector<Bytes>&& blobs, const StopToken& stop) {
  throw_if_stopped(stop);
  if (blobs.empty()) return {};
  const auto text = [&](const std::optional<Id>& tree, Bytes& blob) {
    return tree ? read_tree_text(std::move(blob), *tree, stop) : TreeText();
  };
  TreeText before = text(sides.before, blobs.front());
  TreeText after = text(sides.after, blobs.back());
  Ahead::Loaded loaded;
  loaded.value = Comparer(sides, std::move(before), std::move(after), stop).run();
  loaded.bytes = loaded.value.memory_bytes();
  for (const Difference& difference : loaded.value.differences) {
    if (const auto child = below(difference)) loaded.children.push_back(*child);
  }
  return loaded;
}

/// One run. With one path, however deep it goes.
class Diff {
 public:
  Diff(Ahead& ahead, QuietSides& quiet, DiffMetadata metadata, DiffVisitor& visitor, StopToken stop)
      : ahead_(ahead),
        quiet_(quiet),
        metadata_(metadata),
        visitor_(visitor),
        stop_(std::move(stop)) {}

  /// The first directory has to be readable.
  void run(const Sides& roots) {
    enter(roots, 0);
    while (!levels_.empty()) {
      throw_if_stopped(stop_);
      Level& level = levels_.back();
      if (level.next == level.comparison.differences.size()) {
        leave();
        continue;
      }
      const Difference& difference = level.comparison.differences[level.next++];
      const std::size_t above = path_.enter(difference.either().name);
      tell(difference);
      if (const auto sides = below(difference)) {
        enter(*sides, above);
      } else {
        path_.cut(above);
      }
    }
  }

  DiffBlobs& blobs() noexcept { return blobs_; }
  DiffSummary& summary() noexcept { return summary_; }

 private:
  struct Level {
    Sides sides;
    std::size_t above = 0;  ///< how much of the path is the directory above
    Comparison comparison;
    std::size_t next = 0;
    std::uint64_t told_before = 0;
  };

  Comparison take() {
    try {
      Comparison comparison = ahead_.take();
      blobs_.add_common(std::exchange(comparison.common_content, {}));
      for (const Id& tree : comparison.common_directories) blobs_.add_common_directory(tree);
      return comparison;
    } catch (const Error& error) {
      if (error.ends_the_run() || levels_.empty()) throw;
      ++told_;
      visitor_.unreadable(path_.text() + "/", error);
      return {};
    }
  }

  void enter(const Sides& sides, std::size_t above) {
    const std::uint64_t told_before = told_;
    levels_.push_back({sides, above, take(), 0, told_before});
  }

  void leave() {
    const Level& level = levels_.back();
    if (level.told_before == told_) quiet_.add(level.sides);
    path_.cut(level.above);
    levels_.pop_back();
  }

  void change(const Node& node, std::string_view modifiers) {
    ++told_;
    const bool is_directory = node.type == NodeType::kDirectory;
    visitor_.change(is_directory ? path_.text() + "/" : path_.text(), modifiers);
  }

  void tell(const Difference& difference) {
    if (difference.before) blobs_.add(DiffBlobs::Side::kBefore, *difference.before);
    if (difference.after) blobs_.add(DiffBlobs::Side::kAfter, *difference.after);
    if (!difference.after) {
      count(summary_.removed, *difference.before);
      change(difference.either(), "-");
    } else if (!difference.before) {
      count(summary_.added, *difference.after);
      change(difference.either(), "+");
    } else if (const std::string modifiers = compare(*difference.before, *difference.after);
               !modifiers.empty()) {
      change(difference.either(), modifiers);
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
  QuietSides& quiet_;
  const DiffMetadata metadata_;
  DiffVisitor& visitor_;
  const StopToken stop_;
  PathBuffer path_;
  std::vector<Level> levels_;
  std::uint64_t told_ = 0;
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
  QuietSides quiet;
  Fetcher fetcher(repository);
  Ahead ahead(
      fetcher, {before, after}, [&](const Sides& sides) { return blobs_of(sides, quiet); },
      [&](const Sides& sides, std::vector<Bytes>&& blobs) {
        return load(sides, std::move(blobs), stop);
      },
      stop, AheadLimits::of(fetcher));
  Diff diff(ahead, quiet, metadata, visitor, stop);
  diff.blobs().add_tree(DiffBlobs::Side::kBefore, before);
  diff.blobs().add_tree(DiffBlobs::Side::kAfter, after);
  diff.run({before, after});
  diff.blobs().finish(repository, diff.summary(), stop);
  return diff.summary();
}

}  // namespace snapfs
