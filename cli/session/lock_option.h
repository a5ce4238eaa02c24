// What --no-lock means to a command.
#pragma once

#include <optional>

#include "cli/session/wanted_lock.h"

namespace snapfs {

/// The lock of a command that only reads, or of a dry run; nothing when it is told to take none. A
/// command that writes takes its lock whatever it is told.
inline std::optional<WantedLock> lock_unless(bool no_lock, WantedLock lock) {
  if (lock.mode == LockMode::kShared) lock.only_reads = true;
  return no_lock ? std::nullopt : std::optional(lock);
}

}  // namespace snapfs
