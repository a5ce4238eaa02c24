// A directory of the parent snapshot, for comparison with what is on disk now (FORMAT §13.3,
// §13.4).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "archiver/source/metadata.h"
#include "fs/base/stop_token.h"
#include "fs/repo/repository.h"
#include "fs/tree/node.h"

namespace snapfs {

/// Not thread-safe: it remembers where the last search ended, because names are asked for in order.
class ParentDirectory {
 public:
  /// A directory that the parent does not have.
  ParentDirectory() = default;

  /// Reads it from the repository; throws what load_tree throws.
  ParentDirectory(Repository& repository, const Id& tree, StopToken stop);

  /// The node of that name; null when there is none. It may be moved from.
  Node* find(std::string_view name);

 private:
  std::vector<Node> nodes_;
  std::size_t next_ = 0;
};

/// Whether a regular file can be taken over without being opened: type, size, modification and
/// change time and inode are those of the parent's node.
bool is_unchanged(const Node& parent, const Metadata& now);

/// Whether all of the node's content is stored, or will be.
bool has_all_content(const Index& index, const Node& node);

}  // namespace snapfs
