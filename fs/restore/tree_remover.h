// Removes a directory of the target with everything below: in a loop, with a bounded number of
// descriptors, never through a symbolic link, never into another file system.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/stop_token.h"
#include "fs/restore/file_identity.h"
#include "fs/restore/target_fs.h"

namespace snapfs {

/// Is told what becomes of each item.
class RemovalObserver {
 public:
  virtual ~RemovalObserver() = default;
  virtual void removed(const std::string& path) = 0;
  virtual void failed(const std::string& path, const Error& error) = 0;
  virtual void left_mounted(const std::string& path) = 0;  ///< another file system begins there

 protected:
  RemovalObserver() = default;
  RemovalObserver(const RemovalObserver&) = default;
  RemovalObserver& operator=(const RemovalObserver&) = default;
};

/// For one thread. What is references must outlive it.
class TreeRemover {
 public:
  /// `dry_run`: nothing is changed, and told is what would be.
  TreeRemover(TargetFs& target, bool dry_run, RemovalObserver& observer, StopToken stop)
      : target_(target), dry_run_(dry_run), observer_(observer), stop_(std::move(stop)) {}

  /// Removes whatever is under the name in the open directory; `path` is what it is called. What
  /// cannot be removed is told, and all else removed. Directories of this user that shut it out are
  /// opened to it, and get their permissions back if they stay. False when something stays, true
  /// also when nothing was there. Throws Error{kCancelled} only.
  bool remove(int directory, const std::string& name, std::string path);

 private:
  struct Level {
    UniqueFd fd;  ///< empty while it is not needed, far above
    FileIdentity identity;
    std::vector<std::string> names;       ///< still to be removed, the next one last
    std::size_t path_length = 0;          ///< of the directory above
    std::optional<unsigned> permissions;  ///< what it had
    bool complete = true;                 ///< nothing of what was looked at stays
  };

  void visit(int directory, const std::string& name);
  void enter(int directory, const std::string& name, const TargetEntry& entry);
  void leave();
  int parent_of_last();
  void stays() noexcept;

  TargetFs& target_;
  const bool dry_run_;
  RemovalObserver& observer_;
  const StopToken stop_;
  int top_ = -1;
  dev_t device_ = 0;
  std::string path_;
  std::vector<Level> levels_;
  bool complete_ = true;
};

}  // namespace snapfs
