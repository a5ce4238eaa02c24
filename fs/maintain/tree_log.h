// What was said of trees while they were edited, each beside its tree, so that it can be said again
// wherever else the tree is met: a tree that many snapshots share is edited once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/path_buffer.h"
#include "fs/maintain/tree_rewriter.h"

namespace snapfs {

/// Hears of a path, and what happens to it.
using TreeEdited = std::function<void(const std::string& path, std::string_view what)>;

/// Holds nothing for trees of which nothing was said, and of which nothing was said below. Not
/// thread-safe.
class TreeLog {
 public:
  /// So much is said again in one snapshot. Trees can be met at more paths than anybody has time
  /// for: of what goes beyond, finish() says the number.
  static constexpr std::uint64_t kMostRepeated = 1000;

  /// `listener` may be null.
  explicit TreeLog(TreeEdited listener) : listener_(std::move(listener)) {}

  /// What is said from now on is about this directory, or through directories that are entered
  /// before leave(), about what is below it. "/" begins a snapshot: what an error left open is
  /// forgotten.
  void enter(const std::string& directory);

  /// Says something of a name in the directory; the empty one stands for the directory itself.
  void tell(const std::string& name, std::string_view what);

  /// The directory is done, and is this tree in that state.
  void leave(const Id& tree, EditState state);

  /// Says again what was said of the tree, now of the one at this path.
  void repeat(const Id& tree, EditState state, const std::string& directory);

  /// The snapshot is done.
  void finish();

 private:
  using Key = std::pair<Id, EditState>;
  struct Record {
    std::vector<std::pair<std::string, std::string>> said;  ///< name, what
    std::vector<std::pair<std::string, const Record*>> below;
    std::uint64_t lines = 0;  ///< here and below, at every path

    bool empty() const noexcept { return said.empty() && below.empty(); }
  };
  struct Open {
    std::size_t above = 0;  ///< how much of the path is the directory above
    Record record;
  };

  void say(const std::string& name, std::string_view what);
  void say_all(const Record& record);
  void refer(std::string_view name, const Record& record);

  TreeEdited listener_;
  PathBuffer path_;
  std::vector<Open> open_;  ///< on the way down
  std::map<Key, Record> records_;
  std::uint64_t repeated_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace snapfs
