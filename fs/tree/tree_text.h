// A tree blob as the text it is: where its nodes lie, without reading what they say. For
// comparing the nodes of two directories, most of which are the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/tree/padded_tree.h"

namespace snapfs {

class Repository;

/// The nodes' JSON, in the blob's order. Movable; the views stay valid when it is moved.
class TreeText {
 public:
  /// A tree without nodes.
  TreeText() = default;

  /// Throws Error{kDamaged} naming `what` when `blob` is not a tree, to its last byte. That its
  /// names are in order, and what its nodes say, is not looked at. Throws Error{kCancelled}, too.
  explicit TreeText(Bytes blob, std::string_view what = "tree", const StopToken& stop = {});

  std::size_t size() const noexcept { return nodes_.size(); }

  /// The node's object, braces included. Valid as long as this.
  std::string_view node(std::size_t index) const noexcept {
    return tree_.text().substr(nodes_[index].begin, nodes_[index].size);
  }

  /// Says that no node before that one (size(): none at all), nor anything of the tree as a whole,
  /// is asked for again. Of a large tree this gives memory back.
  void forget_before(std::size_t index) noexcept;

  /// Whether the blob is what TreeBuilder makes of exactly these nodes, so that a directory with
  /// the same nodes has the same tree ID. False for a blob with more fields or other spacing.
  bool is_canonical() const noexcept;

 private:
  /// Half of a view: the text of millions of short nodes is not much longer. A tree is shorter than
  /// 4 GiB.
  struct Place {
    std::uint32_t begin;
    std::uint32_t size;
  };

  PaddedTree tree_;
  std::vector<Place> nodes_;
};

/// The raw name that parse_node finds; nothing when there is none, or the node is damaged.
std::optional<std::string> node_name(std::string_view node_json);

/// Whether the node's JSON begins with this raw name. Cheaper than node_name when it does. False
/// when the name can only be told by decoding it; a forged node may have another name behind it.
bool is_plainly_named(std::string_view node_json, std::string_view name) noexcept;

/// Of a tree that is there. Throws what the constructor throws, naming the tree.
TreeText read_tree_text(Bytes&& blob, const Id& tree, const StopToken& stop);

/// Throws what Repository::load_blob and the constructor throw, naming the tree.
TreeText load_tree_text(Repository& repository, const Id& tree, StopToken stop);

}  // namespace snapfs
