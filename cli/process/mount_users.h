// The processes that have to do with a mount, as /proc shows them. Without privileges only one's
// own processes show what they use.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

struct MountUser {
  pid_t pid = 0;
  std::string name;  ///< of the program
};

/// Those that have their working directory, their program or an open file below `mountpoint`, which
/// is resolved. Does not touch the file system mounted there.
std::vector<MountUser> users_of_mount(std::string_view mountpoint);

/// The first few of them by name and number, as a message lists them.
std::string names_of(const std::vector<MountUser>& users);

/// Those in whose mount namespace a file system with this device number is mounted, one for each
/// namespace but our own.
std::vector<MountUser> users_elsewhere(unsigned device_major, unsigned device_minor);

/// Those that serve the FUSE connection of this number. Older kernels do not tell: nothing is
/// found.
std::vector<pid_t> servers_of_connection(unsigned connection);

}  // namespace snapfs
