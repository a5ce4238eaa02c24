// A directory while it is walked: its entries' nodes in order, taken over from the parent snapshot
// as long as nothing differs. Belongs to one walker; what other walkers do below it is counted in
// its SharedDirectory.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "archiver/checkpoint_log.h"
#include "archiver/parent_directory.h"
#include "archiver/task/future_node.h"
#include "archiver/tree_saver.h"

namespace snapfs {

/// A directory of which a part is walked by others. The last of those who walk below it submits its
/// tree, so that a directory is never submitted before the directories in it: the tree savers,
/// which take jobs in order, then never wait for a job behind their own.
struct SharedDirectory {
  std::atomic<std::size_t> walking = 1;    ///< how many are at work below, its own walker included
  TreeJob job;                             ///< complete when its own walker is done
  std::shared_ptr<SharedDirectory> above;  ///< of the directory above; null at the root
};

/// Not thread-safe.
class DirectoryDraft {
 public:
  /// The root.
  DirectoryDraft(ParentDirectory parent, CheckpointLog::PlacePtr place)
      : parent_(std::move(parent)), place_(std::move(place)) {}

  /// A directory in `above`, which must outlive the draft.
  DirectoryDraft(ParentDirectory parent, DirectoryDraft& above, CheckpointLog::PlacePtr place)
      : parent_(std::move(parent)), above_(&above), place_(std::move(place)) {}

  /// Stands for a directory that another walker is in.
  DirectoryDraft(std::shared_ptr<SharedDirectory> shared, CheckpointLog::PlacePtr place)
      : shared_(std::move(shared)), place_(std::move(place)) {}

  DirectoryDraft(const DirectoryDraft&) = delete;
  DirectoryDraft& operator=(const DirectoryDraft&) = delete;

  /// What the parents have under the name. Names are asked for in ascending order.
  PreviousNode find(std::string_view name) { return parent_.find(name); }

  /// Adds a node that is known now. `json` may be a view that `find` returned: as long as all are,
  /// nothing is copied.
  void add(std::string_view json);

  /// Adds a node that somebody will deliver.
  void add(FutureNode node);

  /// The directory's tree if that is, byte for byte, the one the parent has.
  std::optional<Id> unchanged_tree() const;

  /// The entries; the draft is empty afterwards.
  DirectoryContent finish();

  /// Where those who walk below are counted; made when first asked for, here and in the directories
  /// above.
  const std::shared_ptr<SharedDirectory>& share();

  /// Where checkpoints learn what of the directory is done; null without checkpoints.
  const CheckpointLog::PlacePtr& place() const noexcept { return place_; }

  /// Null when nothing below was handed to another walker.
  const std::shared_ptr<SharedDirectory>& shared() const noexcept { return shared_; }

 private:
  bool continues_parent(std::string_view json) const noexcept;
  void copy_taken_over();
  void append(std::string_view json);

  ParentDirectory parent_;
  std::size_t taken_over_ = 0;  // as many of the parent's first nodes stand for entries, uncopied
  bool differs_ = false;        // from then on the entries are in content_
  DirectoryContent content_;
  DirectoryDraft* above_ = nullptr;
  std::shared_ptr<SharedDirectory> shared_;
  CheckpointLog::PlacePtr place_;
};

}  // namespace snapfs
