// What the snapshots of file systems are called: by the process that made them, so that another one
// knows which were left behind by a process that was killed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapfs {

/// All names begin so. Every file system and volume manager that is frozen here allows it.
inline constexpr std::string_view kFrozenPrefix = "snapfs-frozen-";

/// Of this process's snapshot number `number`:
/// snapfs-frozen-<its PID namespace>-<process>-<its start>-<number>.
std::string frozen_name(std::size_t number);

/// Whether it is such a name, and the process that gave it has ended: nobody else will remove what
/// is called so. False for names of any other form, and for those from another PID namespace, such
/// as a container's, of whose processes nothing is known here.
bool is_left_behind(std::string_view name);

}  // namespace snapfs
