// How long names can be in a mount.
#pragma once

#include <cstddef>

namespace snapfs {

/// The longest name that the kernel takes from a FUSE file system, and asks one for. File systems
/// of other makes have names of more than 255 bytes, and so have their snapshots.
inline constexpr std::size_t kMaxShownNameBytes = 1024;

/// The longest name that we make up ourselves: every program can take it.
inline constexpr std::size_t kMaxMadeNameBytes = 255;

}  // namespace snapfs
