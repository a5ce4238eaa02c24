// One kind of virtual directories: what finds the names in them, when they are asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "mount/model/directory.h"

namespace snapfs {

struct VirtualNode;

/// The directories of the parts in the mount's top directory.
inline constexpr std::string_view kVersions = "versions";

/// What such a directory is remembered by (VirtualTree::add).
inline std::string top_identity(std::string_view name) { return "top/" + std::string(name); }

/// A name in a virtual directory, and what it stands for.
struct VirtualName {
  std::string name;
  std::shared_ptr<const VirtualNode> node;  ///< stays, even when the kernel forgets it meanwhile
  std::string in_tree;  ///< not empty: not the node itself, but this entry of the tree it shows
};

/// Thread-safe. Only asked about nodes that it made (VirtualNode::part).
class VirtualPart {
 public:
  virtual ~VirtualPart() = default;

  /// Nothing when there is no such name.
  virtual std::optional<VirtualName> lookup(const VirtualNode& directory,
                                            std::string_view name) = 0;

  /// The names that are shown, ascending; more may be found by lookup().
  virtual std::vector<VirtualName> list(const VirtualNode& directory) = 0;

  /// Whether what list() shows depends on the time of day, too, and not on the snapshots alone.
  virtual bool goes_by_the_clock() const noexcept { return false; }

  /// What is in a file: always the same, and as many bytes as the node says.
  virtual std::shared_ptr<const Bytes> content(const VirtualNode& /*file*/) {
    throw Error(ErrorCode::kInternal, "this part of the view has no files");
  }
};

/// The entries of the trees that virtual nodes show. Thread-safe.
class TreeEntries {
 public:
  virtual ~TreeEntries() = default;

  /// Nothing when there is no such name.
  virtual std::optional<Entry> lookup(Ino tree, std::string_view name) = 0;

  /// Says that the node is not there any more: what is known of its entries may go.
  virtual void drop(Ino tree) noexcept = 0;
};

}  // namespace snapfs
