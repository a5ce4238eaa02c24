// Files that are larger than what the target has left. They are left out before anything of them is
// fetched, and told in one line in the end: there may be very many.
#pragma once

#include <cstdint>
#include <string>

#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/restore/progress.h"
#include "fs/restore/target_fs.h"

namespace snapfs {

/// A file does not fit.
class NoRoomError : public Error {
 public:
  /// Bytes that the file would take, and that there are.
  NoRoomError(std::uint64_t needed, std::uint64_t free)
      : Error(ErrorCode::kNoSpace, "there is no room for it"), needed_(needed), free_(free) {}

  std::uint64_t needed() const noexcept { return needed_; }
  std::uint64_t free() const noexcept { return free_; }

 private:
  std::uint64_t needed_;
  std::uint64_t free_;
};

/// The target's file system is full, which ends the restore; the message names the item.
class DiskFullError : public Error {
 public:
  using Error::Error;
};

/// Whether the error is none of a single item, but ends the restore.
bool ends_restore(const Error& error) noexcept;

/// Throws NoRoomError when the file system of `fd` certainly has not `bytes` left.
void require_room(const TargetFs& target, int fd, std::uint64_t bytes);

/// Thread-safe.
class LeftOutFiles {
 public:
  void add(const std::string& path, const NoRoomError& error);

  /// One error for all of them, if there are any, of the largest.
  void report(RestoreProgress& progress) const;

 private:
  struct State {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::string largest;
    std::uint64_t largest_bytes = 0;
    std::uint64_t free = 0;
  };
  Synchronized<State> state_;
};

}  // namespace snapfs
