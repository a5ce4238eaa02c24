// A directory as earlier snapshots have it, for comparison with what is on disk now (FORMAT §13.3,
// §13.4). Usually there is one earlier snapshot; where runs were interrupted there are more, what
// they had come to and the one before.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archiver/source/metadata.h"
#include "archiver/unchanged_rule.h"
#include "fs/base/stop_token.h"
#include "fs/repo/repository.h"
#include "fs/tree/node.h"
#include "fs/tree/tree_text.h"
#include "fs/tree/trees_ahead.h"

namespace snapfs {

/// How many there may be: the snapshot before, and what two interrupted runs had come to. Newest
/// first.
inline constexpr std::size_t kMaxParents = 3;

/// The same directory in each parent snapshot; nothing where that one does not have it.
using ParentTrees = std::array<std::optional<Id>, kMaxParents>;

/// What the parents have under one name.
struct PreviousNode {
  std::array<std::string_view, kMaxParents> nodes;  ///< JSON, empty where there is none

  /// The parent that is compared with: the newest that has the name; kMaxParents if none has.
  std::size_t parent() const noexcept;

  /// That parent's node; empty if there is none.
  std::string_view json() const noexcept;

  /// The directories of that name, for those parents in which it is one that can be read.
  ParentTrees subtrees() const;
};

/// Movable. Not thread-safe: it remembers where the last search ended, because names are asked for
/// in order.
class ParentDirectory {
 public:
  /// A directory that no parent has.
  ParentDirectory() = default;

  /// Hears of a tree that cannot be read.
  using Unreadable = std::function<void(const Error& error)>;

  /// Takes it from `source`. A tree that cannot be read is told to `unreadable` and counts as
  /// absent: it costs time, not the snapshot (FORMAT §13.3). Throws what ends the run.
  ParentDirectory(TreesAhead& source, const ParentTrees& trees, const StopToken& stop,
                  const Unreadable& unreadable);

  /// The nodes of that name; valid as long as the directory.
  PreviousNode find(std::string_view name);

  /// The tree that is this directory, when only one is: every parent has the same.
  const std::optional<Id>& only_tree() const noexcept { return only_tree_; }

  /// Its text; meaningful when there is only one.
  const TreeText& only_text() const noexcept { return layers_[only_layer_].text; }

 private:
  struct Layer {
    TreeText text;
    std::size_t next = 0;

    std::string_view find(std::string_view name);
  };

  std::array<Layer, kMaxParents> layers_;
  std::optional<Id> only_tree_;
  std::size_t only_layer_ = 0;
};

/// Whether a regular file can be taken over without being opened: type, size, modification and
/// change time and inode are those of the parent's node, as far as `rule` looks at them.
bool is_unchanged(const Node& parent, const SourceMetadata& now, const UnchangedRule& rule = {});

/// Whether a file that looks as it did then may all the same have been written again after it was
/// read by a run that started at `start`: the time that would tell is not older than that, by the
/// granularity of the file system's clock.
bool may_have_changed_since(const SourceMetadata& now, Timestamp start,
                            const UnchangedRule& rule = {});

/// Whether all the content is stored, or will be.
bool has_all_content(const Index& index, std::span<const Id> content);

}  // namespace snapfs
