// The kernel's page cache, as far as a mount can put anything into it.
#pragma once

#include "mount/model/file_slice.h"
#include "mount/model/ino.h"

namespace snapfs {

/// Thread-safe.
class PageCache {
 public:
  virtual ~PageCache() = default;

  /// Gives the kernel the whole content of a file. Waits while the kernel itself waits for a read
  /// of the file: not to be called by a thread that such a read may need, and not with a lock that
  /// it may need. Returns 0, or the error number that the kernel refuses it with.
  virtual int store(Ino file, const FileSlice& content) noexcept = 0;

  /// Whether a read of the file is being answered.
  virtual bool is_being_read(Ino file) const noexcept = 0;
};

}  // namespace snapfs
