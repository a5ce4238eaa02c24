// What differs between two trees: entries, and the blobs that only one of them has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/tree/node.h"

namespace snapfs {

class Repository;

/// What only one side has.
struct DiffCounts {
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::uint64_t others = 0;
  std::uint64_t data_blobs = 0;
  std::uint64_t tree_blobs = 0;
  std::uint64_t bytes = 0;  ///< of the blobs' plaintext

  friend bool operator==(const DiffCounts&, const DiffCounts&) = default;
};

struct DiffSummary {
  std::uint64_t changed_files = 0;
  DiffCounts added;
  DiffCounts removed;

  friend bool operator==(const DiffSummary&, const DiffSummary&) = default;
};

/// Hears of differences, in the order of paths.
class DiffVisitor {
 public:
  virtual ~DiffVisitor() = default;

  /// `path` is absolute, with a slash behind it when the newer side has a directory. `modifiers`
  /// are "+" added, "-" removed, or some of: "T" another type, "M" a file's content, "?" and
  /// nothing else of it, which may be damage, "U" metadata.
  virtual void change(const std::string& path, std::string_view modifiers) = 0;

  /// A directory cannot be read; it counts as empty.
  virtual void unreadable(const std::string& path, const Error& error) = 0;
};

/// Whether changes of metadata alone are told.
enum class DiffMetadata { kIgnored, kTold };

/// Whether two nodes are the same in everything, the order of extended attributes aside.
bool is_same_node(const Node& a, const Node& b);

/// Compares two trees. Directories of equal IDs are read only to see whether blobs that look new or
/// gone are in them; each once. Throws what load_tree and the visitor throw, and Error{kCancelled}.
DiffSummary diff_trees(Repository& repository, const Id& before, const Id& after,
                       DiffMetadata metadata, DiffVisitor& visitor, StopToken stop);

}  // namespace snapfs
