// std::thread::hardware_concurrency() counts what the machine has (glibc reads the list of cores
// that are online). In a container, under taskset(1) or in a systemd slice a process has less, and
// threads beyond that only cost memory and switches. The affinity mask counts whole cores. A quota
// is time: "150000 100000" in cpu.max is a core and a half, which two threads use up. Every group
// above ours may have one, and the smallest counts.
#include "fs/base/core_count.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

namespace snapfs {
namespace {

constexpr std::string_view kVersion2 = "0::";  // its line in /proc/self/cgroup

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::size_t> cores_of(const std::string& group) {
  std::ifstream file(group + "/cpu.max");
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  if (!(file >> quota >> period) || period == 0) return std::nullopt;  // "max 100000": no limit
  return std::max<std::size_t>(1, (quota + period - 1) / period);
}

}  // namespace

std::size_t cores_by_affinity() {
  constexpr std::size_t kMostCores = 1 << 16;
  const auto free_set = [](cpu_set_t* set) { CPU_FREE(set); };
  // The kernel wants room for as many cores as it could have, which it does not say.
  for (std::size_t cores = CPU_SETSIZE; cores <= kMostCores; cores *= 2) {
    const std::size_t bytes = CPU_ALLOC_SIZE(cores);
    const std::unique_ptr<cpu_set_t, decltype(free_set)> set(CPU_ALLOC(cores), free_set);
    if (set != nullptr && ::sched_getaffinity(0, bytes, set.get()) == 0) {
      return std::max(1, CPU_COUNT_S(bytes, set.get()));
    }
    if (errno != EINVAL) break;
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

std::optional<std::size_t> cores_by_quota(std::string_view membership, const std::string& root) {
  while (!membership.empty() && !membership.starts_with(kVersion2)) {
    const std::size_t end = std::min(membership.find('\n'), membership.size() - 1);
    membership.remove_prefix(end + 1);
  }
  if (membership.empty()) return std::nullopt;
  membership.remove_prefix(kVersion2.size());
  std::string_view group = membership.substr(0, membership.find('\n'));
  std::optional<std::size_t> least;
  while (true) {
    const std::optional<std::size_t> cores = cores_of(root + std::string(group));
    if (cores) least = std::min(*cores, least.value_or(*cores));
    if (group.empty()) return least;
    group = group.substr(0, group.rfind('/'));  // the group above; of the last one nothing is left
    if (group.find('/') == std::string_view::npos) group = {};
  }
}

std::size_t core_count() {
  static const std::size_t count = [] {
    const std::size_t cores = cores_by_affinity();
    try {
      const auto granted = cores_by_quota(text_of("/proc/self/cgroup"), "/sys/fs/cgroup");
      return std::min(cores, granted.value_or(cores));
    } catch (const std::exception&) {
      return cores;  // no memory to find out: it never throws
    }
  }();
  return count;
}

}  // namespace snapfs
