// versions/PATH: the distinct versions of a file or directory over all snapshots, found when
// somebody asks for them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/stop_token.h"
#include "mount/model/shared_cache.h"
#include "mount/model/snapshot_follower.h"
#include "mount/model/tree_cache.h"
#include "mount/model/virtual_part.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// The versions of one path in one view. Immutable.
struct PathVersions {
  /// A directory's content, and the first snapshot (an index into View::snapshots) that has it.
  struct Tree {
    Id tree;
    std::size_t snapshot = 0;
  };
  struct Version {
    std::string name;
    Tree holder;  ///< of the directory that has it; for the top: itself
  };

  std::vector<Tree> trees;  ///< distinct, ascending by snapshot; where the path is a directory
  std::vector<Version> versions;  ///< ascending by name
};

std::size_t memory_bytes(const PathVersions& versions) noexcept;

/// A version is a file's content, a link's target, or a directory's tree; one that comes back is
/// the same version. It is named by the time, in UTC, of the first snapshot that has it, to the
/// second, with the file's extension: 2026-11-01T10-00-00Z.odt. A second one of the same second has
/// _2 after its time.
///
/// The directory of a path also leads to the directories of the names in it. A name that looks like
/// a version's time, after any number of underscores, has one more underscore in front.
///
/// Thread-safe. Damaged directories count as absent, and are warned of.
class VersionsPart final : public VirtualPart {
 public:
  /// The references must outlive this.
  VersionsPart(VirtualTree& tree, TreeCache& trees, WarnFunction warn, StopToken stop);

  std::optional<VirtualName> lookup(const VirtualNode& directory, std::string_view name) override;
  std::vector<VirtualName> list(const VirtualNode& directory) override;

 private:
  using VersionsPointer = std::shared_ptr<const PathVersions>;

  VersionsPointer versions_of(const View& view, const std::string& path);
  PathVersions find_versions(const View& view, const std::string& path);
  PathVersions find_top_versions(const View& view);
  std::shared_ptr<const TreeListing> try_get(const Id& tree, std::string_view path);

  std::vector<std::string> names_inside(const PathVersions& versions, std::string_view path);
  VirtualName child(const VirtualNode& directory, std::string_view name);
  VirtualName version(const View& view, const VirtualNode& directory,
                      const PathVersions::Version& version);

  VirtualTree& tree_;
  TreeCache& trees_;
  const WarnFunction warn_;
  const StopToken stop_;
  SharedCache<std::string, PathVersions> cache_;
};

}  // namespace snapfs
