#include "fs/maintain/tree_rewriter.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "fs/crypto/sha256.h"
#include "fs/repo/blob_writer.h"
#include "fs/repo/repository.h"
#include "fs/tree/node_edit.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

/// Deeper than any file system lets a path be walked; it keeps a forged repository off our stack.
constexpr std::size_t kMaxDepth = 4096;

Id empty_tree() {
  static const Id id = sha256(as_bytes(TreeBuilder().finish()));
  return id;
}

std::string path_below(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + '/' + name;
}

}  // namespace

std::optional<std::string> TreeEditor::mend(const std::string& directory,
                                            std::string_view /*node_json*/, const Error& error) {
  throw Error(error.code(), fmt::format("directory \"{}\": {}", directory, error.what()),
              error.subject());
}

/// One directory on the way down. On the heap, as the way can be long.
struct TreeRewriter::Level {
  TreeText text;
  std::vector<EditedNode> nodes;
  bool lost_nodes = false;  ///< some could not be read, nor mended
};

TreeRewriter::TreeRewriter(Repository& repository, TreeEditor& editor, BlobWriter* writer,
                           StopToken stop)
    : repository_(repository), editor_(editor), writer_(writer), stop_(std::move(stop)) {}

std::optional<Id> TreeRewriter::rewrite(const Id& root) {
  file_count_ = 0;
  file_bytes_ = 0;
  const std::optional<Id> result = rewrite_tree(root, "/", 0);
  gave_up_ = result == empty_tree() && result != root && !editor_.keeps_empty("/");
  return gave_up_ ? root : result;
}

std::optional<Id> TreeRewriter::rewrite_tree(const Id& tree, const std::string& directory,
                                             std::size_t depth) {
  throw_if_stopped(stop_);
  if (depth > kMaxDepth) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("directories are nested more than {} deep", kMaxDepth), tree.hex());
  }
  if (tree == empty_tree()) return save(TreeBuilder().finish());  // in case that it is not there
  if (!editor_.looks_at_paths()) {
    const auto known = rewritten_.find(tree);
    if (known != rewritten_.end()) {
      editor_.meet_again(tree, directory);
      return known->second;
    }
  }
  editor_.enter(directory);
  const auto level = std::make_unique<Level>();
  try {
    level->text = load_tree_text(repository_, tree, stop_);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    if (!editor_.empty_unreadable_tree(directory, error)) throw;
    editor_.leave(tree);
    return depth == 0 ? std::nullopt : std::optional(save(TreeBuilder().finish()));
  }
  const bool changed = edit_nodes(*level, directory, depth);
  Id result = tree;
  if (changed) {
    if (!level->text.is_canonical() && !editor_.may_normalize()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("directory \"{}\" (tree {}) holds something that this program does "
                              "not know and would lose: the snapshot was left as it is",
                              directory, tree.short_hex()),
                  tree.hex());
    }
    TreeBuilder builder;
    for (const EditedNode& node : level->nodes) {
      if (!node.dropped) builder.add(node.changed.empty() ? node.json : node.changed);
    }
    result = save(builder.finish());
  }
  editor_.leave(tree);
  if (!editor_.looks_at_paths()) rewritten_.emplace(tree, result);
  return result;
}

void TreeRewriter::read_nodes(Level& level, const std::string& directory) {
  for (std::size_t i = 0; i < level.text.size(); ++i) {
    const std::string_view json = level.text.node(i);
    try {
      level.nodes.push_back({parse_node(json), json, {}, false});
    } catch (const Error& error) {
      std::optional<std::string> mended = editor_.mend(directory, json, error);
      if (mended) {
        Node node = parse_node(*mended);
        level.nodes.push_back({std::move(node), json, *std::move(mended), false});
      } else {
        level.lost_nodes = true;
      }
    }
  }
}

bool TreeRewriter::edit_nodes(Level& level, const std::string& directory, std::size_t depth) {
  read_nodes(level, directory);
  bool changed = editor_.edit(directory, level.nodes) || level.lost_nodes;
  for (EditedNode& edited : level.nodes) {
    if (edited.dropped) {
      changed = true;
      continue;
    }
    const Node& node = edited.node;
    if (node.type == NodeType::kFile) {
      ++file_count_;
      file_bytes_ += node.size;
    } else if (node.subtree) {
      const std::string path = path_below(directory, node.name);
      const Id subtree = rewrite_tree(*node.subtree, path, depth + 1).value();
      if (subtree == empty_tree() && !editor_.keeps_empty(path)) {
        edited.dropped = changed = true;
        continue;
      }
      if (subtree != *node.subtree) {
        edited.changed =
            with_subtree(edited.changed.empty() ? edited.json : edited.changed, subtree);
      }
    }
    changed |= !edited.changed.empty();
  }
  return changed;
}

Id TreeRewriter::save(std::string_view blob) {
  const BlobHandle handle{BlobType::kTree, sha256(as_bytes(blob))};
  if (writer_ != nullptr) writer_->add(handle, as_bytes(blob), stop_);
  return handle.id;
}

}  // namespace snapfs
