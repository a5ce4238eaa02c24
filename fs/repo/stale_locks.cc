#include "fs/repo/stale_locks.h"

#include <time.h>

#include <algorithm>
#include <cstdint>

#include "fs/base/error.h"
#include "fs/base/process_table.h"
#include "fs/base/synchronized.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/identity.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

constexpr std::int64_t kStaleAfterSeconds = std::int64_t{30} * 60;

bool process_is_running(std::int64_t pid) {
  // Negative numbers would mean groups of processes.
  if (pid < 0) return false;
  const auto process = static_cast<std::uint64_t>(pid);
  if (!process_exists(process)) return false;
  const auto status = process_status(process);
  return !status || !status->has_ended();
}

/// Sleep counts as time since then.
Timestamp boot_time(const Timestamp& now) {
  timespec since{};
  if (::clock_gettime(CLOCK_BOOTTIME, &since) != 0) return {};
  return {now.seconds - since.tv_sec, now.nanoseconds};
}

}  // namespace

std::vector<StoredLock> list_locks(Repository& repository, StopToken stop) {
  Synchronized<std::vector<StoredLock>> found;
  const std::vector<Id> listed = repository.list(FileKind::kLock, stop);
  for_each_file(repository.files(), FileKind::kLock, listed, [&](const Id& id) {
    StoredLock lock{id, std::nullopt, {}};
    try {
      lock.info = parse_lock(repository.load_file({FileKind::kLock, id}, stop));
    } catch (const Error& error) {
      if (error.ends_the_run()) throw;
      if (error.code() == ErrorCode::kNotFound) return;
      lock.problem = error.what();
    }
    found.lock()->push_back(std::move(lock));
  });
  std::vector<StoredLock> locks = std::move(*found.lock());
  std::ranges::sort(locks, {}, &StoredLock::id);
  return locks;
}

LockWitness LockWitness::of_this_host(Timestamp now) {
  return {now, Identity::of_process().hostname, process_is_running, ProcessOrigin::of_process(),
          boot_time(now)};
}

HolderState holder_state(const LockInfo& lock, const LockWitness& witness) {
  if (lock.hostname != witness.hostname) return HolderState::kUnknown;
  const ProcessOrigin& there = lock.origin;
  const ProcessOrigin& here = witness.origin;
  // Locks of other programs say no more than the host's name.
  if (!there.boot_id.empty() && !here.boot_id.empty()) {
    if (there.boot_id != here.boot_id) {
      // This machine before it was booted, or another one of the same name, or a part of this one
      // that is shown another ID: containers are, and services may see the machine's own in them.
      const bool before = there.machine == here.machine && lock.time.instant < witness.booted;
      return before ? HolderState::kGone : HolderState::kUnknown;
    }
    if (there.pid_namespace != here.pid_namespace) return HolderState::kUnknown;
  }
  return witness.is_running(lock.pid) ? HolderState::kRunning : HolderState::kGone;
}

bool is_stale(const LockInfo& lock, const LockWitness& witness) {
  const Timestamp& time = lock.time.instant;
  if (Timestamp{time.seconds + kStaleAfterSeconds, time.nanoseconds} < witness.now) return true;
  return holder_state(lock, witness) == HolderState::kGone;
}

}  // namespace snapfs
