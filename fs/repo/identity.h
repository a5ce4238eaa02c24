// Who runs this process, as keys, locks and snapshots record it.
#pragma once

#include <cstdint>
#include <string>

namespace snapfs {

struct Identity {
  std::string username;  ///< empty when the user ID has no name
  std::string hostname;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  static Identity of_process();
};

/// Where a process number means something: numbers are given anew after a boot, and by every PID
/// namespace, while containers and copies of a machine may share its name.
struct ProcessOrigin {
  std::string boot_id;              ///< of the running kernel; empty when it does not say
  std::uint64_t pid_namespace = 0;  ///< the inode number; 0 when the kernel does not say
  std::string machine;              ///< a digest of /etc/machine-id; empty when there is none

  static ProcessOrigin of_process();

  friend bool operator==(const ProcessOrigin&, const ProcessOrigin&) = default;
};

}  // namespace snapfs
