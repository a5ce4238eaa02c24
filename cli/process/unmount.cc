#include "cli/process/unmount.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include <fmt/format.h>

#include "cli/process/mount_users.h"
#include "fs/base/error.h"
#include "fs/base/mount_table.h"
#include "fs/base/shell_word.h"
#include "fs/process/child_process.h"

namespace snapfs {
namespace {

[[noreturn]] void throw_busy(const std::string& path) {
  const std::vector<MountUser> users = users_of_mount(path);
  const std::string by =
      users.empty() ? "a process that cannot be seen from here" : names_of(users);
  throw Error(ErrorCode::kIo,
              fmt::format("{} is in use by {}: end that first, or detach the mount with "
                          "\"snapfs umount --lazy {}\"",
                          path, by, shell_word(path)),
              path);
}

}  // namespace

// Root asks the kernel, others have fusermount3, which is set-user-ID, do it.
void unmount(const std::string& path, bool lazy, const StopToken& stop) {
  if (::geteuid() == 0) {
    const int flags = UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0);
    if (::umount2(path.c_str(), flags) == 0) return;
    if (errno == EBUSY) throw_busy(path);
    throw_errno(errno, "unmount", path);
  }
  ChildProcess helper({"fusermount3", lazy ? "-uqz" : "-uq", "--", path},
                      {.input = ChildInput::kNone, .secrets = ChildSecrets::kNone});
  if (helper.wait(stop) == 0) return;
  if (!lazy && !users_of_mount(path).empty()) throw_busy(path);
  throw Error(ErrorCode::kIo,
              fmt::format("fusermount3 could not unmount {}: if it is in use, \"snapfs umount "
                          "--lazy {}\" detaches it",
                          path, shell_word(path)),
              path);
}

bool clear_dead_mount(const std::string& mountpoint, const StopToken& stop) {
  struct stat status {};
  if (::stat(mountpoint.c_str(), &status) == 0 || errno != ENOTCONN) return false;
  const std::string path = resolve_mountpoint(mountpoint);
  const std::optional<MountEntry> entry = find_mount(read_mount_table(), path);
  if (!entry || !entry->is_snapfs()) return false;
  const uid_t user = ::geteuid();
  if (user != 0 && entry->user && *entry->user != user) return false;
  unmount(path, true, stop);
  return true;
}

}  // namespace snapfs
