#include "cli/session/left_locks.h"

#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/repo/stale_locks.h"

namespace snapfs {

bool remove_lock(Session& session, const Id& id) {
  try {
    session.repository().files().remove({FileKind::kLock, id}, session.stop());
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
}

std::size_t remove_locks_of_the_gone(Session& session) {
  const LockWitness witness = LockWitness::of_this_host(session.clock().now());
  std::size_t removed = 0;
  for (const StoredLock& lock : list_locks(session.repository(), session.stop())) {
    if (!lock.info || holder_state(*lock.info, witness) != HolderState::kGone) continue;
    if (remove_lock(session, lock.id)) ++removed;
  }
  return removed;
}

}  // namespace snapfs
