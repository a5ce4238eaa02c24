// The one answer to "how many threads?" for work that needs the processor.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

/// How many threads keep all cores busy that this process may use: those of its affinity mask, and
/// no more than its control groups grant the time of. At least 1. Found out at the first call.
std::size_t core_count();

/// The first part of that, for the calling thread as it is now; at least 1.
std::size_t cores_by_affinity();

/// The second part: how many cores the quotas (cpu.max) of control groups of version 2 come to,
/// rounded up; at least 1, nothing without a quota. `membership` is what /proc/self/cgroup says,
/// `root` where the groups are mounted.
std::optional<std::size_t> cores_by_quota(std::string_view membership, const std::string& root);

}  // namespace snapfs
