// snapfs umount: takes a mount away, also one whose server has died.
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/process/mount_users.h"
#include "cli/process/signals.h"
#include "cli/process/unmount.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/mount_table.h"
#include "fs/base/shell_word.h"

namespace snapfs {
namespace {

/// A server that is still at its last request ends itself after this: no need to wait longer.
constexpr std::chrono::seconds kServerGrace{10};
/// Most end within this; only then is it worth looking for what keeps one.
constexpr std::chrono::milliseconds kUsualEnd{500};

struct UmountArguments {
  std::string mountpoint;
  bool lazy = false;
};

MountEntry find_snapshots(const std::string& mountpoint) {
  const std::string path = resolve_mountpoint(mountpoint);
  const auto entry = find_mount(read_mount_table(), path);
  if (!entry) {
    throw Error(ErrorCode::kNotFound, "nothing is mounted on " + path, path);
  }
  if (!entry->is_snapfs()) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("what is mounted on {} is of type {}, not ours: use umount", path, entry->type),
        path);
  }
  const uid_t user = ::geteuid();
  if (user != 0 && entry->user && *entry->user != user) {
    throw Error(ErrorCode::kPermission,
                fmt::format("{} was mounted by user {}: only that user and root may unmount it",
                            path, *entry->user),
                path);
  }
  return *entry;
}

/// Descriptors that become readable when the processes end. Opened before the unmount, so that
/// numbers that are used again afterwards cannot be meant.
std::vector<UniqueFd> watch_processes(const std::vector<pid_t>& processes) {
  std::vector<UniqueFd> watched;
  for (const pid_t pid : processes) {
    UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
    if (fd) watched.push_back(std::move(fd));
  }
  return watched;
}

/// Whether all have ended, within a time.
bool have_ended(const std::vector<UniqueFd>& servers, std::chrono::milliseconds within,
                const StopToken& stop) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + within;
  constexpr int kStepMs = 100;
  for (const UniqueFd& server : servers) {
    pollfd polled{server.get(), POLLIN, 0};
    int ended = 0;
    while ((ended = ::poll(&polled, 1, kStepMs)) <= 0 && Clock::now() < end) throw_if_stopped(stop);
    if (ended <= 0) return false;
  }
  return true;
}

/// Where else the file system of a mount is to be found; empty when that is nowhere to be seen.
/// Where it is bound to another directory, or copied into another mount namespace, its server goes
/// on.
std::string other_places(const MountEntry& entry) {
  for (const MountEntry& other : read_mount_table()) {
    if (other.device_major != entry.device_major || other.device_minor != entry.device_minor) {
      continue;
    }
    return fmt::format("they are mounted on {}, too: run \"snapfs umount {}\"", other.path,
                       shell_word(other.path));
  }
  const std::vector<MountUser> users = users_elsewhere(entry.device_major, entry.device_minor);
  if (users.empty()) return {};
  return fmt::format(
      "they are mounted in another mount namespace, too, that of {}: end that, or run \"nsenter -t "
      "{} -m umount {}\"",
      names_of(users), users.front().pid, shell_word(entry.path));
}

/// The lock is gone only when the server is: a prune after the umount should not meet it.
void wait_for_servers(const MountEntry& entry, const std::vector<UniqueFd>& servers,
                      const StopToken& stop) {
  // None: it died before, or cannot be seen from here.
  if (have_ended(servers, kUsualEnd, stop)) return;
  std::string reason = other_places(entry);
  if (reason.empty()) {
    if (have_ended(servers, kServerGrace, stop)) return;
    reason = "it is still at its last requests: look again later";
  }
  throw Error(ErrorCode::kIo,
              fmt::format("{} is unmounted, but its server goes on, and so does its lock if it has "
                          "one: {}",
                          entry.path, reason),
              entry.path);
}

ExitCode run_umount(const GlobalOptions& options, const UmountArguments& arguments,
                    Signals& signals) {
  const MountEntry entry = find_snapshots(arguments.mountpoint);
  const std::vector<UniqueFd> servers = watch_processes(servers_of_connection(entry.device_minor));
  unmount(entry.path, arguments.lazy, signals.token());
  // A lazy one serves on until nobody uses it.
  if (!arguments.lazy) wait_for_servers(entry, servers, signals.token());
  if (options.verbosity > 0) print_note("unmounted " + entry.path);
  return ExitCode::kSuccess;
}

}  // namespace

Command umount_command(GlobalOptions& options) {
  Command command("umount", "Take a mount away");
  UmountArguments& arguments = bind_command(command, options, run_umount);
  command.take("MOUNTPOINT", &arguments.mountpoint, "Where the snapshots are mounted");
  command.add("Options", {"-l,--lazy", &arguments.lazy,
                          "Detach it even if it is in use: it ends when nobody uses it any more"});
  command.footer = R"(
Clears the mountpoint of a server that died, too ("transport endpoint is not connected").

Examples:
  snapfs umount ~/mnt
  snapfs umount --lazy ~/mnt)";
  return command;
}

}  // namespace snapfs
