// Trees made anew with some of their nodes changed or left out, down from a root. What is not
// touched stays byte for byte, and a tree of which nothing changed keeps its ID.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/path_buffer.h"
#include "fs/base/stop_token.h"
#include "fs/tree/brief_node.h"
#include "fs/tree/node.h"
#include "fs/tree/trees_ahead.h"

namespace snapfs {

class BlobWriter;
class Repository;

/// A node that may be changed. A subtree changes by itself.
struct EditedNode {
  Node node;
  std::string_view json;             ///< as it is
  std::optional<BriefNode> changed;  ///< as it is to be, unless that is as it is
  bool dropped = false;
};

/// A node that stays, by its name.
struct PlacedName {
  std::string name;
  std::size_t place = 0;  ///< among those that stay, in the order of the tree
};

/// What of a directory's path decides about what becomes of it and of all below; 0 is the root's. A
/// tree becomes the same wherever it is met in the same state, so it is edited once in each.
using EditState = std::uint32_t;

/// Decides what becomes of trees. Called by one thread.
class TreeEditor {
 public:
  virtual ~TreeEditor() = default;

  /// The state of a directory by its name in the one of that state.
  virtual EditState below(EditState /*directory*/, std::string_view /*name*/) { return 0; }

  /// Each node of the directory that was entered last, in the order of the tree.
  virtual void edit(EditState state, EditedNode& node) = 0;

  /// The nodes that stay when their names are not in order, or one is there twice. They come in
  /// the order that is made here, without those that are taken out.
  virtual void put_in_order(std::vector<PlacedName>& /*names*/) {}

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
  virtual void leave(const Id& /*tree*/, EditState /*state*/) {}

  /// A tree that was left before, met once more in the same state, in this snapshot or another. It
  /// becomes what it became then, and the editor is asked nothing more about it.
  virtual void meet_again(const Id& /*tree*/, EditState /*state*/,
                          const std::string& /*directory*/) {}

  /// A root is done.
  virtual void finish() {}

  /// Whether a directory that has no entries (any more) stays. When a root does not, the snapshot
  /// stays as it was.
  virtual bool keeps_empty(EditState /*directory*/) { return true; }

  /// Whether a tree may lose what is neither node nor list of nodes, and its spacing.
  virtual bool may_normalize() const noexcept { return false; }
};

/// Not thread-safe. Memory: the text of the tree that is worked on and of those above it, with
/// 100 bytes for each node; half the text of contents that are replaced; some 150 bytes for each
/// distinct directory; and where storage is far away, what TreesAhead keeps.
class TreeRewriter {
 public:
  /// New trees go to `writer`; null: nowhere, only their IDs are found out. All references must
  /// outlive the rewriter.
  TreeRewriter(Repository& repository, TreeEditor& editor, BlobWriter* writer, StopToken stop);
  ~TreeRewriter();
  TreeRewriter(const TreeRewriter&) = delete;
  TreeRewriter& operator=(const TreeRewriter&) = delete;

  /// The root that comes out: another one when something below it changed, and this one when
  /// nothing did, or when nothing would be left (see gave_up()). Nothing at all when this one
  /// cannot be loaded and the editor puts up with that. Throws what loading trees throws, unless
  /// the editor takes an empty tree instead; Error{kUnsupported} for a tree that would lose what we
  /// do not understand. Trees that were saved by then stay in the writer.
  std::optional<Id> rewrite(const Id& root);

  /// Says that this root will be rewritten, after those that were named before: where storage is
  /// far away, its trees are on their way meanwhile.
  void expect(const Id& root) { trees_.expect(root); }

  /// Whether nothing would have been left by the last rewrite(), so that it changed nothing.
  bool gave_up() const noexcept { return gave_up_; }

  /// Of the last rewrite(): files that are left, and the sum of their sizes, at every path. The
  /// largest number when there are more.
  std::uint64_t file_count() const noexcept { return result_.files; }
  std::uint64_t file_bytes() const noexcept { return result_.bytes; }

 private:
  struct Level;
  struct Key {
    Id tree;
    EditState state = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      const std::array<std::uint64_t, 4> tree = words_of(key.tree);
      return keyed_hash(
          std::array<std::uint64_t, 5>{tree[0], tree[1], tree[2], tree[3], key.state});
    }
  };
  /// What a tree became.
  struct Outcome {
    Id tree;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
  };

  std::optional<Outcome> begin(const Key& key, std::size_t above);
  void edit_nodes(Level& level);
  std::optional<EditedNode> read_node(const Level& level, std::string_view json);
  void keep(Level& level, std::size_t index, EditedNode&& edited);
  void put_in_order(Level& level);
  void take(Level& level, const Outcome& subtree);
  Outcome finish(Level& level);
  std::string put_together(Level& level);
  Id save(std::string_view blob);

  TreeEditor& editor_;
  BlobWriter* writer_;
  const StopToken stop_;
  TreesAhead trees_;
  std::unordered_map<Key, Outcome, KeyHash> rewritten_;
  PathBuffer path_;
  std::vector<std::unique_ptr<Level>> levels_;  ///< on the way down; what they are can be long
  bool gave_up_ = false;
  bool lost_root_ = false;
  Outcome result_;
};

}  // namespace snapfs
