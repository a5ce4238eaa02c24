// The entries of one directory, one after the other.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/tree/node.h"
#include "fs/tree/tree_text.h"

namespace snapfs {

/// Each is taken once. That all of them can be read is known before the first one is. Decoded, the
/// nodes of a large directory take several times the room of their text: they are decoded a second
/// time when they are taken, and then their text is given back. Movable, not thread-safe.
class DirectoryNodes {
 public:
  /// None.
  DirectoryNodes() = default;
  DirectoryNodes(DirectoryNodes&&) noexcept = default;
  DirectoryNodes& operator=(DirectoryNodes&&) noexcept = default;

  /// All of the tree, of which `blob` is the text; `seen` is told of each, by its place. Throws
  /// what parse_tree throws, naming the tree.
  DirectoryNodes(Bytes&& blob, const Id& tree, const StopToken& stop,
                 const std::function<void(std::size_t place, const Node& node)>& seen = {});

  bool empty() const noexcept { return next_ == size_; }

  /// The place of the next one.
  std::size_t place() const noexcept { return next_; }

  /// The next one, of which there is one. Throws for lack of memory, and Error{kCancelled}.
  Node take();

 private:
  std::vector<Node> decoded_;  ///< of a directory that is not large
  TreeText text_;              ///< of one that is
  std::string what_;
  StopToken stop_;
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

}  // namespace snapfs
