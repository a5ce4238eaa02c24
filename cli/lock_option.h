// What --no-lock means to a command.
#pragma once

#include <optional>

#include "fs/repo/lock.h"

namespace snapfs {

/// The lock of a command that only reads, or of a dry run; nothing when it is told to take none. A
/// command that writes takes its lock whatever it is told.
inline std::optional<LockMode> lock_unless(bool no_lock, LockMode mode) {
  return no_lock ? std::nullopt : std::optional(mode);
}

}  // namespace snapfs
