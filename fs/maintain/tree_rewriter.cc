// Down with a stack of levels, up with the results. At each directory the editor sees the decoded
// nodes and says which go and which change; only the text of those that stay is kept while what is
// below is worked on, because decoded nodes take much room. A directory whose nodes and subtrees
// stay keeps its ID, and is not written. What becomes of a tree is remembered with the editor's
// state (rewritten_): a tree that is met again in the same state is not read again. A directory
// that holds what we do not know is refused rather than written without it.
#include "fs/maintain/tree_rewriter.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "fs/base/saturating.h"
#include "fs/crypto/sha256.h"
#include "fs/store/blob_writer.h"
#include "fs/tree/node_edit.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"

namespace snapfs {

std::optional<std::string> TreeEditor::mend(const std::string& directory,
                                            std::string_view /*node_json*/, const Error& error) {
  throw Error(error.code(), fmt::format("directory \"{}\": {}", directory, error.what()),
              error.subject());
}

/// One directory on the way down.
struct TreeRewriter::Level {
  /// A node that stays, unless it is a directory and nothing is left of that.
  struct Kept {
    std::string_view json;
    std::string changed;  ///< empty: as it is
    bool dropped = false;
  };
  struct Below {
    std::size_t node = 0;
    std::string name;
    Id tree;
    EditState state = 0;
  };

  Level(const Key& own_key, std::size_t above_size) : key(own_key), above(above_size) {}

  Key key;
  std::size_t above;  ///< how much of the path is the directory above
  TreeText text;
  std::vector<EditedNode> nodes;  ///< until they are edited: decoded nodes take much room
  std::vector<Kept> kept;
  std::vector<Below> below;
  std::size_t next = 0;  ///< of these
  bool changed = false;
  Outcome outcome;
};

TreeRewriter::TreeRewriter(Repository& repository, TreeEditor& editor, BlobWriter* writer,
                           StopToken stop)
    : editor_(editor),
      writer_(writer),
      stop_(std::move(stop)),
      trees_(repository, stop_, TreesMetAgain::kLeftOut) {}

TreeRewriter::~TreeRewriter() = default;

std::optional<Id> TreeRewriter::rewrite(const Id& root) {
  levels_.clear();  // what an error left open
  path_ = {};
  lost_root_ = gave_up_ = false;
  trees_.expect(root);
  std::optional<Outcome> done = begin({root, 0}, 0);
  while (!levels_.empty()) {
    Level& level = *levels_.back();
    if (level.next < level.below.size()) {
      const Level::Below& below = level.below[level.next];
      const std::size_t above = path_.enter(below.name);
      const std::optional<Outcome> known = begin({below.tree, below.state}, above);
      if (!known) continue;
      path_.cut(above);
      take(level, *known);
      continue;
    }
    done = finish(level);
    const std::size_t above = level.above;
    levels_.pop_back();
    if (levels_.empty()) break;
    path_.cut(above);
    take(*levels_.back(), *done);
  }
  editor_.finish();
  if (lost_root_) return std::nullopt;
  result_ = *done;
  gave_up_ = done->tree == empty_tree() && done->tree != root && !editor_.keeps_empty(0);
  return gave_up_ ? root : done->tree;
}

/// What the tree becomes, if that can be said at once. Otherwise it is the last of the levels.
std::optional<TreeRewriter::Outcome> TreeRewriter::begin(const Key& key, std::size_t above) {
  throw_if_stopped(stop_);
  if (key.tree == empty_tree()) return Outcome{save(TreeBuilder().finish())};  // it may be lost
  if (const auto known = rewritten_.find(key); known != rewritten_.end()) {
    editor_.meet_again(key.tree, key.state, path_.text());
    return known->second;
  }
  editor_.enter(path_.text());
  auto level = std::make_unique<Level>(key, above);
  try {
    level->text = read_tree_text(trees_.take(key.tree, stop_), key.tree, stop_);
  } catch (const Error& error) {
    if (error.ends_the_run()) throw;
    if (!editor_.empty_unreadable_tree(path_.text(), error)) throw;
    editor_.leave(key.tree, key.state);
    if (levels_.empty()) lost_root_ = true;
    return lost_root_ ? Outcome{} : Outcome{save(TreeBuilder().finish())};
  }
  read_nodes(*level);
  edit_nodes(*level);
  levels_.push_back(std::move(level));
  return std::nullopt;
}

void TreeRewriter::read_nodes(Level& level) {
  level.nodes.reserve(level.text.size());
  for (std::size_t i = 0; i < level.text.size(); ++i) {
    const std::string_view json = level.text.node(i);
    try {
      level.nodes.push_back({parse_node(json, "node", stop_), json, {}, false});
    } catch (const Error& error) {
      if (error.ends_the_run()) throw;
      std::optional<std::string> mended = editor_.mend(path_.text(), json, error);
      if (mended) {
        Node node = parse_node(*mended);
        level.nodes.push_back({std::move(node), json, *std::move(mended), false});
      } else {
        level.changed = true;
      }
    }
  }
}

void TreeRewriter::edit_nodes(Level& level) {
  level.changed |= editor_.edit(path_.text(), level.key.state, level.nodes);
  level.kept.reserve(level.nodes.size());
  for (EditedNode& edited : std::exchange(level.nodes, {})) {
    if (edited.dropped) {
      level.changed = true;
      continue;
    }
    Node& node = edited.node;
    if (node.type == NodeType::kFile) {
      add_saturating(level.outcome.files, 1);
      add_saturating(level.outcome.bytes, node.size);
    } else if (node.subtree) {
      const EditState state = editor_.below(level.key.state, node.name);
      level.below.push_back({level.kept.size(), std::move(node.name), *node.subtree, state});
    }
    level.changed |= !edited.changed.empty();
    level.kept.push_back({edited.json, std::move(edited.changed)});
  }
}

void TreeRewriter::take(Level& level, const Outcome& subtree) {
  const Level::Below& below = level.below[level.next++];
  Level::Kept& node = level.kept[below.node];
  if (subtree.tree == empty_tree() && !editor_.keeps_empty(below.state)) {
    node.dropped = level.changed = true;
    return;
  }
  add_saturating(level.outcome.files, subtree.files);
  add_saturating(level.outcome.bytes, subtree.bytes);
  if (subtree.tree == below.tree) return;
  node.changed = with_subtree(node.changed.empty() ? node.json : node.changed, subtree.tree);
  level.changed = true;
}

TreeRewriter::Outcome TreeRewriter::finish(Level& level) {
  const Id& tree = level.key.tree;
  level.outcome.tree = tree;
  if (level.changed) {
    if (!level.text.is_canonical() && !editor_.may_normalize()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("directory \"{}\" (tree {}) holds something that this program does "
                              "not know and would lose: the snapshot was left as it is",
                              path_.text(), tree.short_hex()),
                  tree.hex());
    }
    TreeBuilder builder;
    for (const Level::Kept& node : level.kept) {
      if (!node.dropped) builder.add(node.changed.empty() ? node.json : node.changed);
    }
    level.outcome.tree = save(builder.finish());
  }
  editor_.leave(tree, level.key.state);
  rewritten_.emplace(level.key, level.outcome);
  return level.outcome;
}

Id TreeRewriter::save(std::string_view blob) {
  const BlobHandle handle{BlobType::kTree, sha256(as_bytes(blob))};
  if (writer_ != nullptr) writer_->add(handle, as_bytes(blob), stop_);
  return handle.id;
}

}  // namespace snapfs
