// What was said of trees while they were edited, each beside its tree, so that it can be said again
// wherever else the tree is met: a tree that many snapshots share is edited once.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/base/id.h"

namespace snapfs {

/// Hears of a path, and what happens to it.
using TreeEdited = std::function<void(const std::string& path, std::string_view what)>;

/// Holds nothing for trees of which nothing was said, and of which nothing was said below. Not
/// thread-safe.
class TreeLog {
 public:
  explicit TreeLog(TreeEdited listener) : listener_(std::move(listener)) {}

  /// What is said from now on is about this directory, or through directories that are entered
  /// before leave(), about what is below it. "/" begins a snapshot: what an error left open is
  /// forgotten.
  void enter(const std::string& directory);

  /// Says something of a name in the directory; the empty one stands for the directory itself.
  void tell(const std::string& name, std::string_view what);

  /// The directory is done, and is this tree.
  void leave(const Id& tree);

  /// Says again what was said of the tree, now of the one at this path.
  void repeat(const Id& tree, const std::string& directory);

 private:
  struct Record {
    std::vector<std::pair<std::string, std::string>> said;  ///< name, what
    std::vector<std::pair<std::string, Id>> below;          ///< names and trees with records

    bool empty() const noexcept { return said.empty() && below.empty(); }
  };
  struct Open {
    std::string directory;
    Record record;
  };

  void tell_all(const Record& record, const std::string& directory) const;
  void refer(const std::string& directory, const Id& tree);

  TreeEdited listener_;
  std::vector<Open> open_;  ///< on the way down
  std::unordered_map<Id, Record> records_;
};

}  // namespace snapfs
