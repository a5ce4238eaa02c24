// Makes the directories that are to be there, once something in them is restored.
#pragma once

#include <sys/stat.h>

#include <mutex>

#include "fs/restore/context.h"

namespace snapfs {

/// Thread-safe.
class DirectoryMaker {
 public:
  /// The context must outlive this.
  explicit DirectoryMaker(const RestoreContext& context) : context_(context) {}

  /// Makes the directory, and those above it, if nobody asked for them yet. False when it cannot be
  /// made, so that nothing in it can be restored.
  bool ensure(Directory& directory);

  /// Makes one whose parent was ensured, or finds it there. What fails is reported.
  void make(Directory& directory);

  /// Whether what is made in the directory, which is open, gets attributes from it: not where it
  /// has none.
  void learn_inheritance(Directory& directory, int fd) const;

 private:
  void require_room(const Directory& directory, const struct stat& status) const;
  void make_in(int parent, Directory& directory, bool parent_is_fresh);
  Directory::State open_up(int parent, const Directory& directory, const struct stat& status) const;

  const RestoreContext& context_;
  std::mutex mutex_;  ///< of directories that are made only when something below is restored
};

}  // namespace snapfs
