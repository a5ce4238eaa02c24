// What the parts of one restore share, and what all of them do in the same way.
#pragma once

#include <new>
#include <string>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/fetcher.h"
#include "fs/repo/repository.h"
#include "fs/restore/directories.h"
#include "fs/restore/metadata.h"
#include "fs/restore/no_room.h"
#include "fs/restore/options.h"
#include "fs/restore/progress.h"
#include "fs/restore/target_fs.h"

namespace snapfs {

/// Runs `work` and calls `failed` with the Error that it throws. A lack of memory is one, too: what
/// one item takes says nothing of the others.
template <class Work, class Failed>
void run_or(const Work& work, const Failed& failed) {
  try {
    work();
  } catch (const Error& error) {
    failed(error);
  } catch (const std::bad_alloc&) {
    failed(current_error());
  }
}

/// References to what restore_tree() owns. Thread-safe as they are.
struct RestoreContext {
  Repository& repository;
  Fetcher& fetcher;
  TargetFs& target;
  const RestoreOptions& options;
  RestoreProgress& progress;
  Directories& directories;
  MetadataSetter& metadata;
  LeftOutFiles& left_out;
  StopToken stop;

  /// Whether the name in the directory is to be restored, and what is below it.
  Selected selection_of(const Directory& directory, const std::string& name,
                        bool is_directory) const;

  /// Whether the item may be restored over what `status` tells of (--overwrite).
  bool may_overwrite(const struct stat& status, const Timestamp& snapshot_mtime) const noexcept;

  /// Reports the error of an item. Throws it when it is none: what ends the run
  /// (Error::ends_the_run), and DiskFullError, with which a restore ends, since all that is left
  /// would fail in the same way.
  void report(const Directory& directory, const std::string& name, const Error& error) const;

  /// Runs `work`; when it fails that is reported as an error of the item, and false is returned.
  template <class Work>
  bool attempt(const Directory& directory, const std::string& name, const Work& work) const {
    bool good = true;
    run_or(work, [&](const Error& error) {
      good = false;
      report(directory, name, error);
    });
    return good;
  }

  /// Counts an item that is restored now.
  void count_restored(const Directory& directory, const std::string& name, RestoreAction action,
                      bool is_file, std::uint64_t size) const;

  /// Counts one that is left as it is.
  void count_skipped(const Directory& directory, const std::string& name, bool is_file,
                     std::uint64_t size) const;

  /// Removes what is under the name in `fd`, which is open, to make way for an item that is no
  /// directory: a directory that is not empty only if unexpected things are removed. Throws Error
  /// when it stays. In a dry run nothing is changed, and it throws all the same.
  void make_way(const Directory& directory, int fd, const std::string& name) const;

  /// One of the things that the directory waits for is done. When it was the last one, what does
  /// not belong there is deleted, and the directory gets its metadata.
  void done(Directory& directory) const;

 private:
  void finish(Directory& directory) const;
  void remove_unexpected(Directory& directory, int fd) const;
  void show(const Directory& directory, const std::string& name, RestoreAction action, bool is_file,
            std::uint64_t size) const;
};

}  // namespace snapfs
