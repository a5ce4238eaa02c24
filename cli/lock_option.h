// --no-lock, for commands that only read, and for dry runs.
#pragma once

#include <optional>

#include "fs/repo/lock.h"

namespace snapfs {

class Command;

/// Adds --no-lock of a command that only reads. `no_lock` must outlive `command`.
void add_no_lock_option(Command& command, bool& no_lock);

/// The lock that a command takes; nothing when it is told to take none.
inline std::optional<LockMode> lock_unless(bool no_lock, LockMode mode) {
  return no_lock ? std::nullopt : std::optional(mode);
}

}  // namespace snapfs
