// Trees made anew with some of their nodes changed or left out, down from a root. What is not
// touched stays byte for byte, and a tree of which nothing changed keeps its ID.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/tree/node.h"

namespace snapfs {

class BlobWriter;
class Repository;

/// A node that may be changed. A subtree changes by itself.
struct EditedNode {
  Node node;
  std::string_view json;  ///< as it is
  std::string changed;    ///< as it is to be; empty: as it is
  bool dropped = false;
};

/// Decides what becomes of trees. Called by one thread.
class TreeEditor {
 public:
  virtual ~TreeEditor() = default;

  /// All nodes of a directory, whose path begins at the snapshot's root, "/". Returns whether their
  /// order changed; what else changed, the nodes themselves say.
  virtual bool edit(const std::string& directory, std::vector<EditedNode>& nodes) = 0;

  /// A node that cannot be read: returns what to take instead, or nothing to leave it out. By
  /// default, the error is thrown.
  virtual std::optional<std::string> mend(const std::string& directory, std::string_view node_json,
                                          const Error& error);

  /// A tree that cannot be loaded, for whatever reason: true to take an empty one instead, or for a
  /// root, nothing. By default, the error is thrown.
  virtual bool empty_unreadable_tree(const std::string& /*directory*/, const Error& /*error*/) {
    return false;
  }

  /// Around everything that is asked of one tree, and of the trees below it.
  virtual void enter(const std::string& /*directory*/) {}
  virtual void leave(const Id& /*tree*/) {}

  /// A tree that was left before, met once more, in this snapshot or another. An editor that does
  /// not look at paths is asked nothing more about it.
  virtual void meet_again(const Id& /*tree*/, const std::string& /*directory*/) {}

  /// Whether a directory that has no entries (any more) stays. When a root does not, the snapshot
  /// stays as it was.
  virtual bool keeps_empty(const std::string& /*directory*/) { return true; }

  /// Whether the same tree may become different ones in different places.
  virtual bool looks_at_paths() const noexcept { return true; }

  /// Whether a tree may lose what is neither node nor list of nodes, and its spacing.
  virtual bool may_normalize() const noexcept { return false; }
};

/// Not thread-safe.
class TreeRewriter {
 public:
  /// New trees go to `writer`; null: nowhere, only their IDs are found out. All references must
  /// outlive the rewriter.
  TreeRewriter(Repository& repository, TreeEditor& editor, BlobWriter* writer, StopToken stop);

  /// The root that comes out: another one when something below it changed, and this one when
  /// nothing did, or when nothing would be left (see gave_up()). Nothing at all when this one
  /// cannot be loaded and the editor puts up with that. Throws what loading trees throws, unless
  /// the editor takes an empty tree instead; Error{kUnsupported} for a tree that would lose what we
  /// do not understand, and for one that is too deep. Trees that were saved by then stay in the
  /// writer.
  std::optional<Id> rewrite(const Id& root);

  /// Whether nothing would have been left by the last rewrite(), so that it changed nothing.
  bool gave_up() const noexcept { return gave_up_; }

  /// Of the last rewrite(): files that are left, and the sum of their sizes. Only for an editor
  /// that looks at paths: others see a shared tree once.
  std::uint64_t file_count() const noexcept { return file_count_; }
  std::uint64_t file_bytes() const noexcept { return file_bytes_; }

 private:
  struct Level;

  std::optional<Id> rewrite_tree(const Id& tree, const std::string& directory, std::size_t depth);
  void read_nodes(Level& level, const std::string& directory);
  bool edit_nodes(Level& level, const std::string& directory, std::size_t depth);
  Id save(std::string_view blob);

  Repository& repository_;
  TreeEditor& editor_;
  BlobWriter* writer_;
  const StopToken stop_;
  std::unordered_map<Id, Id> rewritten_;  ///< for an editor that does not look at paths
  bool gave_up_ = false;
  std::uint64_t file_count_ = 0;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace snapfs
