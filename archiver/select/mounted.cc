#include "archiver/select/mounted.h"

#include <sys/sysmacros.h>

#include "fs/base/error.h"
#include "fs/base/mount_table.h"

namespace snapfs {

std::vector<std::uint64_t> snapfs_mounts(std::string_view mountinfo) {
  std::vector<std::uint64_t> devices;
  for (const MountEntry& entry : parse_mount_table(mountinfo)) {
    if (entry.is_snapfs()) devices.push_back(makedev(entry.device_major, entry.device_minor));
  }
  return devices;
}

std::vector<std::uint64_t> snapfs_mounts() {
  std::vector<std::uint64_t> devices;
  try {
    for (const MountEntry& entry : read_mount_table()) {
      if (entry.is_snapfs()) devices.push_back(makedev(entry.device_major, entry.device_minor));
    }
  } catch (const Error&) {
    // Without /proc nobody knows what is mounted.
  }
  return devices;
}

}  // namespace snapfs
