// Down with a stack of levels, up with the results. At each directory the editor sees one decoded
// node after the other and says which go and which change; only the text of those that stay is
// kept, because decoded nodes take much room. A directory whose nodes and subtrees
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
#include "fs/tree/tree_name.h"
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
    std::size_t node = 0;                    ///< of the tree's
    std::unique_ptr<BriefNode> changed;      ///< null: as it is
    std::optional<std::uint64_t> file_size;  ///< of a file
    bool dropped = false;
  };
  struct Below {
    std::size_t node = 0;
    std::string name;
    Id tree;
    EditState state = 0;
  };

  Level(const Key& own_key, std::size_t above_size)
      : key(own_key), name(tree_name(own_key.tree)), above(above_size) {}

  /// With an empty list in place of contents that were replaced.
  std::string_view json(const Kept& node) const noexcept {
    return node.changed ? node.changed->json() : text.node(node.node);
  }

  std::size_t length(const Kept& node) const noexcept {
    return node.changed ? node.changed->size() : text.node(node.node).size();
  }

  Key key;
  std::string name;   ///< for messages
  std::size_t above;  ///< how much of the path is the directory above
  TreeText text;
  std::vector<Kept> kept;
  std::vector<Below> below;
  std::size_t next = 0;  ///< of these
  bool changed = false;
  bool reordered = false;
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
  edit_nodes(*level);
  levels_.push_back(std::move(level));
  return std::nullopt;
}

void TreeRewriter::edit_nodes(Level& level) {
  bool ascending = true;
  std::string previous;
  level.kept.reserve(level.text.size());
  for (std::size_t i = 0; i < level.text.size(); ++i) {
    std::optional<EditedNode> edited = read_node(level, level.text.node(i));
    if (edited) editor_.edit(level.key.state, *edited);
    if (!edited || edited->dropped) {
      level.changed = true;
      continue;
    }
    ascending &= edited->node.name > previous;  // no name is empty
    previous = edited->node.name;
    keep(level, i, *std::move(edited));
  }
  if (!ascending) put_in_order(level);
  for (const Level::Kept& node : level.kept) {
    if (!node.file_size) continue;
    add_saturating(level.outcome.files, 1);
    add_saturating(level.outcome.bytes, *node.file_size);
  }
}

/// Nothing when it cannot be read and the editor leaves it out.
std::optional<EditedNode> TreeRewriter::read_node(const Level& level, std::string_view json) {
  try {
    return EditedNode{parse_node(json, level.name, stop_), json, std::nullopt, false};
  } catch (const Error& error) {
    if (error.ends_the_run()) throw;
    std::optional<std::string> mended = editor_.mend(path_.text(), json, error);
    if (!mended) return std::nullopt;
    Node node = parse_node(*mended);
    return EditedNode{std::move(node), json, BriefNode(*std::move(mended)), false};
  }
}

void TreeRewriter::keep(Level& level, std::size_t index, EditedNode&& edited) {
  Node& node = edited.node;
  if (node.subtree) {
    const EditState state = editor_.below(level.key.state, node.name);
    level.below.push_back({level.kept.size(), std::move(node.name), *node.subtree, state});
  }
  level.changed |= edited.changed.has_value();
  Level::Kept& kept = level.kept.emplace_back();
  kept.node = index;
  if (edited.changed) kept.changed = std::make_unique<BriefNode>(*std::move(edited.changed));
  if (node.type == NodeType::kFile) kept.file_size = node.size;
}

/// As the editor likes.
void TreeRewriter::put_in_order(Level& level) {
  std::vector<PlacedName> names;
  names.reserve(level.kept.size());
  for (const Level::Kept& node : level.kept) {
    names.push_back({parse_node(level.json(node), level.name, stop_).name, names.size()});
  }
  editor_.put_in_order(names);

  constexpr auto kGone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> places(level.kept.size(), kGone);
  std::vector<Level::Kept> ordered;
  ordered.reserve(names.size());
  for (const PlacedName& name : names) {
    level.reordered |= name.place != ordered.size();
    places[name.place] = ordered.size();
    ordered.push_back(std::move(level.kept[name.place]));
  }
  level.changed |= level.reordered || ordered.size() != level.kept.size();
  level.kept = std::move(ordered);
  std::erase_if(level.below,
                [&](const Level::Below& below) { return places[below.node] == kGone; });
  for (Level::Below& below : level.below) below.node = places[below.node];
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
  node.changed = std::make_unique<BriefNode>(with_subtree(level.json(node), subtree.tree));
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
    const std::string blob = put_together(level);
    level.outcome.tree = save(blob);
  }
  editor_.leave(tree, level.key.state);
  rewritten_.emplace(level.key, level.outcome);
  return level.outcome;
}

/// What the directory becomes. Of a large one nothing else is left afterwards.
std::string TreeRewriter::put_together(Level& level) {
  std::size_t size = 0;
  for (const Level::Kept& node : level.kept) size += level.length(node) + 1;
  TreeBuilder builder;
  builder.reserve(size);
  for (Level::Kept& node : level.kept) {
    if (node.dropped) continue;
    if (!level.reordered) level.text.forget_before(node.node + (node.changed ? 1 : 0));
    if (node.changed) {
      builder.add(*node.changed);
    } else {
      builder.add(level.text.node(node.node));
    }
    node.changed = {};
  }
  level.text = {};
  level.kept = std::vector<Level::Kept>();
  return builder.finish();
}

Id TreeRewriter::save(std::string_view blob) {
  const BlobHandle handle{BlobType::kTree, sha256(as_bytes(blob))};
  if (writer_ != nullptr) writer_->add(handle, as_bytes(blob), stop_);
  return handle.id;
}

}  // namespace snapfs
