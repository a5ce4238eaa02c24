#include "mount/fuse/mountpoint.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/mount_table.h"
#include "fs/base/shell_word.h"

namespace snapfs {

namespace {

constexpr const char* kDevice = "/dev/fuse";

std::string resolve(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (!real) throw_errno(errno, "resolve", path);
  return real.get();
}

/// Whether `path`, which is resolved, is the directory or lies in it. Asks for identity, not for
/// names, since a bind mount gives one directory several.
bool is_within(std::string path, const struct stat& directory) {
  for (;;) {
    struct stat here {};
    if (::stat(path.c_str(), &here) == 0 && here.st_dev == directory.st_dev &&
        here.st_ino == directory.st_ino) {
      return true;
    }
    if (path == "/") return false;
    path.resize(std::max<std::size_t>(path.rfind('/'), 1));
  }
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_errno(errno, "examine", path);
  return status;
}

std::string how_to_clear(const std::string& mountpoint) {
  return "\"snapfs umount " + shell_word(mountpoint) + "\"";
}

/// A second mount would hide the first, and each would have to be unmounted; one inside another
/// would end with it.
void check_not_mounted(const std::string& resolved) {
  for (const MountEntry& entry : read_mount_table()) {
    if (!entry.is_snapfs()) continue;
    const char* where = nullptr;
    if (entry.path == resolved) {
      where = "are already mounted on ";
    } else if (is_at_or_below(resolved, entry.path)) {
      where = "are mounted above it, on ";
    } else if (is_at_or_below(entry.path, resolved)) {
      where = "would be hidden that are mounted on ";
    } else {
      continue;
    }
    throw Error(ErrorCode::kExists,
                "cannot mount on " + resolved + ": snapshots " + where + entry.path +
                    ": unmount them first with " + how_to_clear(entry.path),
                resolved);
  }
}

void check_directory(const std::string& mountpoint) {
  struct stat status {};
  if (::stat(mountpoint.c_str(), &status) != 0) {
    switch (errno) {
      case ENOENT:
        throw Error(
            ErrorCode::kNotFound,
            "mountpoint " + shell_word(mountpoint) + " does not exist: create the directory first",
            mountpoint);
      case ENOTCONN:
        throw Error(ErrorCode::kIo,
                    "mountpoint " + mountpoint +
                        " still carries the mount of a program that died: clear it with " +
                        how_to_clear(mountpoint),
                    mountpoint);
      default:
        throw_errno(errno, "use mountpoint", mountpoint);
    }
  }
  if (!S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::kUsage, "mountpoint " + mountpoint + " is not a directory", mountpoint);
  }
}

bool in_search_path(std::string_view program) {
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : "/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string file = std::string(rest.substr(0, colon)) + "/" + std::string(program);
    if (::access(file.c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return false;
}

/// What a person needs to know of a device that may not be opened, and what helps.
std::string who_may_use(const struct stat& device) {
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(device.st_mode & 07777));
  const ::group* const entry = ::getgrgid(device.st_gid);
  const std::string group = entry != nullptr ? entry->gr_name : std::to_string(device.st_gid);
  const std::string facts =
      std::string("which has the mode ") + mode.data() + " and the group " + group + ": ";
  // The usual is 0666. A group that may helps, unless it is root's own.
  const bool group_may = (device.st_mode & 060) == 060 && device.st_gid != 0;
  return facts + (group_may ? "join that group, or mount as root"
                            : "have root set it to 0666 (chmod 666 /dev/fuse), or mount as root");
}

}  // namespace

std::string check_mountpoint(const std::string& mountpoint, const std::string& repository_path) {
  check_directory(mountpoint);
  std::string resolved = resolve(mountpoint);
  check_not_mounted(resolved);
  if (repository_path.empty()) return resolved;
  const std::string repository = resolve(repository_path);
  if (is_within(resolved, status_of(repository)) || is_within(repository, status_of(resolved))) {
    throw Error(ErrorCode::kUsage,
                "mountpoint " + mountpoint + " overlaps the repository " + repository_path +
                    ": choose a directory outside of it that does not hold it",
                mountpoint);
  }
  return resolved;
}

void check_fuse_available() {
  struct stat status {};
  if (::stat(kDevice, &status) != 0) {
    throw Error(ErrorCode::kUnsupported,
                "cannot mount: /dev/fuse does not exist: load the kernel module with 'modprobe "
                "fuse', or start the container with --device /dev/fuse",
                kDevice);
  }
  // libfuse mounts for users through fusermount3, which is set-user-ID root; the device it has
  // opened for itself before.
  if (::geteuid() != 0 && !in_search_path("fusermount3")) {
    throw Error(ErrorCode::kUnsupported,
                "cannot mount: fusermount3 is not in PATH: install the package fuse3",
                "fusermount3");
  }
  const UniqueFd device(::open(kDevice, O_RDWR | O_CLOEXEC));
  if (device) return;
  const int error = errno;
  if (error == ENODEV || error == ENXIO) {
    throw Error(ErrorCode::kUnsupported,
                "cannot mount: the kernel has no FUSE: load its module with 'modprobe fuse'",
                kDevice);
  }
  if (error == EACCES) {
    throw Error(ErrorCode::kPermission,
                "cannot mount: no access to /dev/fuse, " + who_may_use(status), kDevice);
  }
  throw_errno(error, "open", kDevice);
}

void check_may_allow_others() {
  if (::geteuid() == 0) return;
  constexpr const char* kConfiguration = "/etc/fuse.conf";
  std::ifstream configuration(kConfiguration);
  for (std::string line; std::getline(configuration, line);) {
    // As fusermount3 reads it: white space around the words does not matter.
    std::istringstream words(line);
    if (words >> line && line == "user_allow_other") return;
  }
  throw Error(ErrorCode::kPermission,
              "cannot let other users in: the line user_allow_other is not in /etc/fuse.conf: have "
              "root add it, or leave out --allow-other",
              kConfiguration);
}

}  // namespace snapfs
