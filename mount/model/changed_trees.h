// What differs between two trees, directory by directory: subtrees that are the same have the same
// ID and are never read.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "mount/model/shared_cache.h"
#include "mount/model/tree_cache.h"

namespace snapfs {

/// Two directories of one path.
struct TreePair {
  Id before;
  Id after;

  friend bool operator==(const TreePair&, const TreePair&) = default;
};

}  // namespace snapfs

template <>
struct std::hash<snapfs::TreePair> {
  std::size_t operator()(const snapfs::TreePair& pair) const noexcept {
    std::array<std::uint64_t, 8> words{};
    std::ranges::copy(snapfs::words_of(pair.before), words.begin());
    std::ranges::copy(snapfs::words_of(pair.after), words.begin() + 4);
    return snapfs::keyed_hash(words);
  }
};

namespace snapfs {

/// Whether both show the same, as far as copying it would tell: the times of the last access and
/// change, the inode and the number of links do not count, and what is in a directory neither.
bool shows_the_same(const NodeView& before, const NodeView& after);

/// Thread-safe.
class ChangedTrees {
 public:
  /// `trees` must outlive this.
  ChangedTrees(TreeCache& trees, std::size_t budget_bytes) : trees_(trees), cache_(budget_bytes) {}

  /// The nodes of `after` that are not the same in `before`. A directory is among them when it
  /// differs itself or anything below it was added or changed. Throws what TreeCache::get throws.
  std::shared_ptr<const TreeListing> get(const TreePair& pair, const StopToken& stop);

  /// Null when it is not in memory.
  std::shared_ptr<const TreeListing> peek(const TreePair& pair) { return cache_.peek(pair); }

  /// Calls `visit` with each path, relative to the pair, that is in `before` and not in `after`, in
  /// ascending order within a directory. What was below a directory that is gone is not named.
  /// Where something else has taken a directory's place, that is what was in it.
  void for_each_removed(const TreePair& pair,
                        const std::function<void(const std::string& path)>& visit,
                        const StopToken& stop);

 private:
  std::shared_ptr<const TreeListing> load(const TreePair& pair, const StopToken& stop);
  bool differs(const std::optional<NodeView>& before, const NodeView& after, unsigned depth,
               const StopToken& stop);
  bool any_differs(const TreePair& pair, unsigned depth, const StopToken& stop);

  TreeCache& trees_;
  SharedCache<TreePair, TreeListing> cache_;
};

}  // namespace snapfs
