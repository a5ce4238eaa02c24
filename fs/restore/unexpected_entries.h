// What is in the target and not in the snapshot, when that is to be deleted (--delete). Only notes
// it: it goes when its directory is done.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "fs/restore/context.h"
#include "fs/restore/found.h"

namespace snapfs {

/// Thread-safe.
class UnexpectedEntries {
 public:
  /// Looks at the target. The context must outlive this.
  explicit UnexpectedEntries(const RestoreContext& context);

  /// Whether the snapshot has only part of what was in the directory.
  bool is_partial(const Directory& directory) const;

  /// Notes whether the directory, which is open, is in another file system than the target.
  void note_mount(Directory& directory, int fd) const;

  /// Notes what is in the directory and not among `expected`, the ascending names of its nodes, or
  /// says why it will stay.
  void note(Found& found, const std::vector<std::string>& expected);

 private:
  void tell_of_outside(const Directory& directory, const std::vector<std::string>& names);

  const RestoreContext& context_;
  dev_t target_device_ = 0;
  std::atomic<std::size_t> outside_told_ = 0;
};

}  // namespace snapfs
