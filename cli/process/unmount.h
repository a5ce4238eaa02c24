// Taking away what is mounted, as whoever runs the program may.
#pragma once

#include <string>

#include "fs/base/stop_token.h"

namespace snapfs {

/// Unmounts what is mounted on `path`, which is resolved. Lazily: detaches it even when it is in
/// use. Throws Error{kIo} that names who uses it, or says why it cannot be done.
void unmount(const std::string& path, bool lazy, const StopToken& stop);

/// Takes away the mount on `mountpoint` if it is one of snapshots whose server has died, and which
/// this user may take away. Returns whether it did. Throws what unmount throws.
bool clear_dead_mount(const std::string& mountpoint, const StopToken& stop);

}  // namespace snapfs
