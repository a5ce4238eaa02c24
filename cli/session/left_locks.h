// Locks that nobody will give up any more.
#pragma once

#include <cstddef>

#include "fs/base/id.h"

namespace snapfs {

class Session;

/// Removes a lock. Returns false when it was given up meanwhile. Throws what the storage throws.
bool remove_lock(Session& session, const Id& id);

/// Removes the locks of processes of this machine that are gone, as after a loss of power. Those of
/// others stay, however old: whether one of them still goes on, a person has to know. Returns how
/// many there were.
std::size_t remove_locks_of_the_gone(Session& session);

}  // namespace snapfs
