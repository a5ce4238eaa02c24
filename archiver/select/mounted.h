// Which mounted file systems are snapshots themselves, from the kernel's list of mounts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// The st_dev of every mount of the type "fuse.snapfs" in `mountinfo`, the text of proc(5)'s file
/// of that name. Lines that are not understood are passed over.
std::vector<std::uint64_t> snapfs_mounts(std::string_view mountinfo);

/// Those of this process's mount namespace; none if the list cannot be read.
std::vector<std::uint64_t> snapfs_mounts();

}  // namespace snapfs
