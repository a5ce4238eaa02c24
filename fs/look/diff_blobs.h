// Which blobs only one of two compared trees has. The other half of a diff.
#pragma once

#include <unordered_set>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/blob.h"
#include "fs/look/diff.h"

namespace snapfs {

class Repository;

/// Not thread-safe.
class DiffBlobs {
 public:
  enum class Side { kBefore, kAfter };

  /// The blobs that a node refers to by itself: a file's content, a directory's tree.
  void add(Side side, const Node& node);
  void add_tree(Side side, const Id& tree);

  /// Blobs that both have.
  void add_common(const std::vector<Id>& content);
  void add_common_directory(const Id& tree) { common_directories_.push_back(tree); }

  /// Adds what is left to the summary. To be called once.
  void finish(Repository& repository, DiffSummary& summary, const StopToken& stop);

 private:
  using Handles = std::unordered_set<BlobHandle>;

  void drop_common();
  void drop_in_common_directories(Repository& repository, const StopToken& stop);

  Handles before_;
  Handles after_;
  std::vector<Id> common_data_;
  std::vector<Id> common_directories_;
};

}  // namespace snapfs
