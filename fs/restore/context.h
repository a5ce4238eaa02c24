// What the parts of one restore share, and what all of them do in the same way.
#pragma once

#include <string>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/repo/repository.h"
#include "fs/restore/directories.h"
#include "fs/restore/metadata.h"
#include "fs/restore/options.h"
#include "fs/restore/progress.h"
#include "fs/restore/target_fs.h"

namespace snapfs {

/// References to what restore_tree() owns. Thread-safe as they are.
struct RestoreContext {
  Repository& repository;
  TargetFs& target;
  const RestoreOptions& options;
  RestoreProgress& progress;
  Directories& directories;
  MetadataSetter& metadata;
  StopToken stop;

  /// Whether the item may be restored over what `status` tells of (--overwrite).
  bool may_overwrite(const struct stat& status, const Timestamp& snapshot_mtime) const noexcept;

  /// Runs `work`; when it fails that is reported as an error of the item, and false is returned.
  /// Being stopped is no such error.
  template <class Work>
  bool attempt(const Directory& directory, const std::string& name, const Work& work) const {
    try {
      work();
      return true;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      progress.report_error(path_in(directory, name), error.what());
      return false;
    }
  }

  /// Counts an item that is restored now.
  void count_restored(const Directory& directory, const std::string& name, RestoreAction action,
                      bool is_file, std::uint64_t size) const;

  /// Counts one that is left as it is.
  void count_skipped(const Directory& directory, const std::string& name, bool is_file,
                     std::uint64_t size) const;

  /// One of the things that the directory waits for is done. When it was the last one, what does
  /// not belong there is deleted, and the directory gets its metadata.
  void done(Directory& directory) const;

 private:
  void finish(Directory& directory) const;
  void remove_unexpected(Directory& directory, int fd) const;
  void delete_entry(int directory, const std::string& name, const std::string& path) const;
  void show(const Directory& directory, const std::string& name, RestoreAction action, bool is_file,
            std::uint64_t size) const;
};

}  // namespace snapfs
