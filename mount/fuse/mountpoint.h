// What is checked before mounting, so that a mistake is one clear line and not a hang.
#pragma once

#include <string>

namespace snapfs {

/// The mountpoint's resolved, absolute path. Throws Error: kNotFound when there is no such
/// directory, kUsage when it is none or overlaps the repository, kExists when snapshots are mounted
/// on it, above it or below it, kIo when a dead mount is in the way. `repository_path` is the
/// directory of a local repository, empty for another: a mountpoint that is, holds, or lies in it
/// would deadlock or hide it.
std::string check_mountpoint(const std::string& mountpoint, const std::string& repository_path);

/// Throws Error when this process cannot use FUSE at all: no /dev/fuse or no access to it, or no
/// fusermount3 for users other than root. What the kernel still refuses shows when it is mounted.
void check_fuse_available();

/// Throws Error{kPermission} when this user may not let others in: only root may, unless
/// /etc/fuse.conf says otherwise.
void check_may_allow_others();

}  // namespace snapfs
