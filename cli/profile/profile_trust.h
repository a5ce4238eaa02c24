// Whether somebody else could have written a profile, or put another one in its place. As sshd's
// StrictModes looks at keys: the file, and every directory on the way to it.
#pragma once

#include <sys/types.h>

#include <string>

struct stat;

namespace snapfs {

/// Throws Error{kPermission} with the next step when somebody whom `user` need not believe could
/// write the file `path`, of which `status` is told. For root that is whoever is not root; others
/// believe root and themselves, and groups, as a group of one's own is usual.
void require_trusted_file(const std::string& path, const struct stat& status, uid_t user);

/// The same of every directory and symbolic link that leads to `path`, which begins at the root:
/// who can write one could replace what it holds. A directory with the sticky bit, such as /tmp,
/// lets nobody replace what is not his. Throws Error also when one of them cannot be looked at.
void require_trusted_way(const std::string& path, uid_t user);

}  // namespace snapfs
