// The set of a repository's snapshots, followed while it changes.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

class Repository;

/// Told about what does not stop the mount: one line, without a newline.
using WarnFunction = std::function<void(std::string_view message)>;

/// Not thread-safe.
class SnapshotFollower {
 public:
  /// `repository` must outlive the follower.
  SnapshotFollower(Repository& repository, WarnFunction warn);

  /// Lists again. When the set changed: loads the index files and snapshots that are new, and
  /// returns all snapshots, ascending by (time, ID). A snapshot that cannot be read is left out
  /// with a warning, once. Throws when the listing fails.
  std::optional<std::vector<Snapshot>> poll(const StopToken& stop);

  /// Says that what poll() returned is shown. Until then it returns it again.
  void is_shown() noexcept { again_ = false; }

 private:
  void load(const Id& id, const StopToken& stop);

  /// Throws Error{kIo} when the storage is not there: a directory whose file system is unmounted
  /// lists as empty, and a mount that showed that would have `rsync --delete` empty a mirror.
  void require_repository(const StopToken& stop);

  Repository& repository_;
  WarnFunction warn_;
  std::optional<std::vector<Id>> listed_;  ///< nothing before the first poll
  bool again_ = false;                     ///< what was returned last is not shown yet
  std::mutex loading_;                     ///< of the next two, while several threads load
  std::vector<Snapshot> snapshots_;
  std::unordered_set<Id> unreadable_;
};

}  // namespace snapfs
