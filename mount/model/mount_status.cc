#include "mount/model/mount_status.h"

#include <unistd.h>

#include <fstream>
#include <string_view>

namespace snapfs {

namespace {

void add(std::string& text, std::string_view name, std::uint64_t value) {
  text.append(name).append(": ").append(std::to_string(value)).append("\n");
}

void add(std::string& text, const std::string& name, const MountStatus::Cache& cache) {
  add(text, name + "_cache_bytes", cache.bytes);
  add(text, name + "_cache_budget_bytes", cache.budget_bytes);
  add(text, name + "_cache_hits", cache.hits);
  add(text, name + "_cache_misses", cache.misses);
  add(text, name + "_loads_in_flight", cache.in_flight);
}

}  // namespace

std::uint64_t resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  std::uint64_t whole = 0;
  std::uint64_t resident = 0;
  if (!(pages >> whole >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string status_text(const MountStatus& status) {
  std::string text;
  add(text, "snapshots", status.snapshots);
  add(text, "uptime_seconds", status.uptime_seconds);
  add(text, "requests_in_flight", status.requests_in_flight);
  add(text, "virtual_inodes", status.virtual_inodes);
  add(text, "memory_bytes", status.memory_bytes);
  add(text, "blob", status.blobs);
  add(text, "tree", status.trees);
  add(text, "pushed_files", status.pushes.files);
  add(text, "pushed_bytes", status.pushes.bytes);
  add(text, "push_beacons", status.pushes.beacons);
  add(text, "pushed_unread_bytes", status.pushes.unread_bytes);
  return text;
}

}  // namespace snapfs
