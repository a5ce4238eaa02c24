// snapfs unlock: removes the locks that nobody holds any more.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/left_locks.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/repo/append_only.h"
#include "fs/repo/stale_locks.h"
#include "fs/time/local_time.h"

namespace snapfs {
namespace {

std::string describe_lock(const StoredLock& lock) {
  if (!lock.info) return fmt::format("a lock that cannot be read ({})", lock.problem);
  const LockInfo& info = *lock.info;
  const std::string mount =
      info.mountpoint.empty() ? "" : fmt::format(", a mount on {}", info.mountpoint);
  return fmt::format("{} lock of PID {} on {} ({}) since {}{}",
                     info.exclusive ? "the exclusive" : "the", info.pid, info.hostname,
                     info.username, format_local_time(info.time.instant), mount);
}

void report(const GlobalOptions& options, std::size_t removed,
            const std::vector<std::string>& left) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", "summary")
        .number("removed_locks", removed)
        .number("remaining_locks", left.size());
    print(object.finish() + "\n");
    return;
  }
  if (options.quiet) return;
  print(removed == 0 ? std::string("no locks were removed\n")
                     : fmt::format("successfully removed {} locks\n", removed));
  for (const std::string& lock : left) print(fmt::format("left alone: {}\n", printable(lock)));
  if (!left.empty()) print("if nobody uses the repository, --remove-all removes these, too\n");
}

struct UnlockArguments {
  bool remove_all = false;
};

ExitCode run_unlock(const GlobalOptions& options, const UnlockArguments& arguments,
                    Signals& signals) {
  Session session(options, signals, std::nullopt);
  if (arguments.remove_all) {
    require_removals(session.repository().files(),
                     "\"snapfs unlock\" removes the locks that nobody holds any more");
  }
  const LockWitness witness = LockWitness::of_this_host(session.clock().now());
  std::size_t removed = 0;
  std::vector<std::string> left;
  for (const StoredLock& lock : list_locks(session.repository(), session.stop())) {
    if (arguments.remove_all || (lock.info && is_stale(*lock.info, witness))) {
      if (remove_lock(session, lock.id)) ++removed;
    } else {
      left.push_back(describe_lock(lock));
    }
  }
  report(options, removed, left);
  return ExitCode::kSuccess;
}

}  // namespace

Command unlock_command(GlobalOptions& options) {
  Command command("unlock", "Remove the locks of processes that are gone");
  UnlockArguments& arguments = bind_command(command, options, run_unlock);
  command.add("Unlock", {"--remove-all", &arguments.remove_all,
                         "Remove the locks of those that still run, too: only when nobody does"});
  command.footer = R"(
A lock is stale when it was not refreshed for 30 minutes, or was made on this host by a process
that is gone. A lock that is held protects what its holder is doing: do not remove it.)";
  return command;
}

}  // namespace snapfs
