// --no-lock, for commands that only read, and for dry runs.
#pragma once

#include <optional>

#include "fs/repo/lock.h"

namespace CLI {
class App;
}

namespace snapfs {

/// Adds --no-lock of a command that only reads. `no_lock` must outlive `app`.
void add_no_lock_option(CLI::App& app, bool& no_lock);

/// The lock that a command takes; nothing when it is told to take none.
inline std::optional<LockMode> lock_unless(bool no_lock, LockMode mode) {
  return no_lock ? std::nullopt : std::optional(mode);
}

}  // namespace snapfs
