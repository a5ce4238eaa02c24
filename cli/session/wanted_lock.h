// The lock that a command asks for, and what it can do when that cannot be written.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "fs/backend/file_key.h"
#include "fs/repo/lock_info.h"

namespace snapfs {

/// In this order: what a snapshot refers to is in an index that was there before it.
inline const std::vector<FileKind> kSnapshotsAndIndex = {FileKind::kSnapshot, FileKind::kIndex};

/// A value, implicitly made of a mode.
struct WantedLock {
  // NOLINTNEXTLINE(google-explicit-constructor): most commands want no more than a mode
  WantedLock(LockMode lock_mode) : mode(lock_mode) {}

  /// A command that reads: --no-lock helps where no lock can be written.
  static WantedLock to_read(LockMode mode) {
    WantedLock lock(mode);
    lock.only_reads = true;
    return lock;
  }

  /// A command that makes room: where there is none for a lock, it runs all the same.
  static WantedLock to_make_room() {
    WantedLock lock(LockMode::kExclusive);
    lock.may_lack_file = true;
    return lock;
  }

  /// What the command will list, and read all of, first of all.
  WantedLock reading(std::vector<FileKind> kinds) && {
    reads = std::move(kinds);
    return std::move(*this);
  }

  /// A command that goes on while the lock settles. It has to call Session::require_lock() before
  /// it tells what it found, or writes what others go by.
  WantedLock settling_later() && {
    settles_later = true;
    return std::move(*this);
  }

  /// The same lock, for a command that removes or replaces files: where the repository is
  /// append-only it ends before it asks for the lock, with `what_instead` for the user, such as
  /// "leave out --forget".
  WantedLock removing(std::string_view what_instead) const {
    WantedLock lock = *this;
    lock.instead = what_instead;
    return lock;
  }

  LockMode mode;
  std::vector<FileKind> reads = {};
  std::string_view instead = {};  ///< of removing; empty: nothing is removed
  bool only_reads = false;
  bool may_lack_file = false;
  bool settles_later = false;
};

}  // namespace snapfs
