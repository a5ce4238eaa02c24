// The node of a directory entry that may not be known yet: what files and directories share (D2).
// It knows nothing of nodes but their JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "archiver/task/future.h"

namespace snapfs {

/// A stretch of the JSON arena of the directory that the node belongs to, in bytes.
struct NodeSlice {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;

  bool operator==(const NodeSlice&) const = default;
};

/// What saving a file or a directory delivers.
struct SavedNode {
  std::string json;  ///< the node as it goes into the tree; empty: the node is left out
};

/// Where the node's JSON is: in the directory's arena, or delivered.
using NodeResult = std::variant<NodeSlice, SavedNode>;

/// The delivering end of a pending FutureNode.
using NodePromise = Promise<SavedNode>;

/// 16 bytes for every entry of every directory in progress; move-only, for one fiber. Either
/// reused, which is the slice itself and allocates nothing (D3), or pending, which is one future.
class FutureNode {
 public:
  /// A node known at once, or taken over unchanged from the parent snapshot.
  static FutureNode reused(NodeSlice slice) noexcept { return FutureNode(slice); }

  /// A node that somebody will deliver through the promise. One allocation.
  static std::pair<FutureNode, NodePromise> make();

  FutureNode(FutureNode&& other) noexcept;
  FutureNode& operator=(FutureNode&& other) noexcept;
  ~FutureNode() { reset(); }

  /// Whether somebody else delivers it, or did, and it was not taken yet.
  bool is_pending() const noexcept { return kind_ == Kind::kPending; }

  /// Whether `take` would return without waiting.
  bool ready() const noexcept { return !is_pending() || pending_.ready(); }

  /// Waits for the node and takes it; afterwards nothing but these 16 bytes is left of it (D1).
  /// Nothing means cancelled. A second call returns nothing as well.
  std::optional<NodeResult> take();

 private:
  enum class Kind : std::uint32_t { kTaken, kReused, kPending };

  explicit FutureNode(NodeSlice slice) noexcept
      : offset_(slice.offset), length_(slice.length), kind_(Kind::kReused) {}
  explicit FutureNode(Future<SavedNode> pending) noexcept
      : pending_(std::move(pending)), kind_(Kind::kPending) {}

  void adopt(FutureNode& other) noexcept;
  void reset() noexcept;

  union {
    std::uint64_t offset_;       // kReused
    Future<SavedNode> pending_;  // kPending
  };
  std::uint32_t length_ = 0;  // kReused
  Kind kind_;
};
static_assert(sizeof(FutureNode) == 16, "D2: an entry not yet processed costs almost nothing");

}  // namespace snapfs
