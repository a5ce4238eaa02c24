// What became of one path from snapshot to snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/tree/node.h"

namespace snapfs {

class Repository;

/// What the path is in one snapshot.
struct PathState {
  std::optional<Node> node;  ///< nothing: it is not there; for the root a directory without a name
  bool known = true;         ///< false: a directory on the way to it is damaged
};

/// A state that several snapshots in a row have, and what is new about it.
struct PathVersion {
  std::size_t first = 0;     ///< index of the snapshot that has it first
  std::size_t last = 0;      ///< and of the last one in a row
  std::optional<Node> node;  ///< nothing: the path is gone
  bool appeared = false;     ///< it was not there before
  bool type = false;         ///< it was something else before
  bool content = false;      ///< a file's bytes, a link's target, anything in a directory
  bool metadata = false;     ///< mode, owner, modification time, attributes
};

/// Hears of a tree that is damaged or missing.
using PathUnreadable = std::function<void(const Id& tree, const Error& error)>;

/// What `path` is in each of the trees. Each distinct directory on the way to it is read once,
/// several at a time; what is below one that is damaged or missing is not known. Throws
/// what Repository::load_blob throws when storage cannot be read.
std::vector<PathState> states_of_path(Repository& repository, std::span<const Id> roots,
                                      std::string_view path, StopToken stop,
                                      const PathUnreadable& unreadable);

/// The versions of a path: `states` in the order of time. Access and change times, and where a file
/// lay on its disk, do not make a version. Snapshots before the path appears, and those of which
/// the state is not known, count for nothing.
std::vector<PathVersion> versions_of_path(std::span<const PathState> states);

}  // namespace snapfs
