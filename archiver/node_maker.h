// What the source says about an item, as the node that a snapshot stores (FORMAT §10.2, §10.7).
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "archiver/progress.h"
#include "archiver/source/metadata.h"
#include "archiver/source/owner_names.h"
#include "fs/tree/node.h"

namespace snapfs {

/// Thread-safe.
class NodeMaker {
 public:
  /// `progress` hears of attributes that could not be read; it must outlive the maker.
  NodeMaker(bool with_atime, Progress& progress) : with_atime_(with_atime), progress_(progress) {}

  /// Fills `node` for the item called `name` in the snapshot. Content, subtree and link target are
  /// left empty, and so is a file's size: it is what is read.
  void make(Node& node, std::string_view name, const SourceMetadata& metadata,
            SourceAttributes attributes);

  /// Whether there were attributes that could not be read, so far.
  bool attributes_unread() const noexcept { return attributes_unread_; }

  /// Adds the item's extended attributes to a node that has none yet.
  void add_attributes(Node& node, SourceAttributes attributes);

 private:
  bool with_atime_;
  Progress& progress_;
  OwnerNames owners_;
  std::atomic<bool> attributes_unread_ = false;
};

}  // namespace snapfs
