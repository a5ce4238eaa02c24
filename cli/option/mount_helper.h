// mount.snapfs: what mount(8) and systemd run for a line of fstab. The same program under another
// name; its arguments are turned into those of "snapfs mount --background".
#pragma once

#include <string>
#include <vector>

namespace snapfs {

class Command;

struct MountHelperCall {
  std::vector<std::string> arguments;  ///< of snapfs: "mount", …
  bool pretend = false;                ///< -f: everything but the mounting
  std::string help;                    ///< not empty, -h: only this is to be printed
};

/// Whether the program was called as mount.snapfs.
bool is_mount_helper(const std::vector<std::string>& arguments);

/// `arguments`, the program's name first: REPOSITORY MOUNTPOINT [-sfnv] [-o OPTION[=VALUE],…]. An
/// option may be each long one of the mount command of `program`, with - or _ between words; one
/// that only means something to mount(8), systemd or the kernel is left out, and so is an unknown
/// one after -s. A value with commas stands in double quotes. Throws Error{kUsage} for anything
/// else.
MountHelperCall parse_mount_helper(const std::vector<std::string>& arguments,
                                   const Command& program);

}  // namespace snapfs
