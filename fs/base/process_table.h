// What the kernel says of other processes, by their numbers.
#pragma once

#include <cstdint>
#include <optional>

namespace snapfs {

struct ProcessStatus {
  char state = ' ';              ///< a letter, as of proc(5)'s stat
  std::uint64_t start_time = 0;  ///< clock ticks since the system started

  /// Whether it has ended, and its parent has not asked how (a zombie). In a container whose first
  /// process asks about nobody's children it stays one as long as the container.
  bool has_ended() const noexcept { return state == 'Z' || state == 'X'; }
};

/// Nothing when there is no such process, and when /proc does not show it to us.
std::optional<ProcessStatus> process_status(std::uint64_t process);

/// Whether there is one, also of another user. It is asked with signal 0, which none notices: the
/// reference sends SIGHUP, which ends a process that has got the number of one that is gone.
bool process_exists(std::uint64_t process) noexcept;

/// The inode number of our own namespace of processes; 0 when the kernel does not say. That of the
/// first one is the same after every start of the system.
std::uint64_t pid_namespace() noexcept;

}  // namespace snapfs
