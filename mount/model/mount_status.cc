#include "mount/model/mount_status.h"

#include <unistd.h>

#include <fstream>
#include <string_view>

#include "fs/base/metric_set.h"

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
  add(text, "directories", status.directories);
  add(text, "memory_bytes", status.memory_bytes);
  add(text, "index_bytes", status.index_bytes);
  add(text, "blob", status.blobs);
  add(text, "tree", status.trees);
  add(text, "file", status.files);
  add(text, "pushed_files", status.pushes.files);
  add(text, "pushed_bytes", status.pushes.bytes);
  add(text, "push_beacons", status.pushes.beacons);
  add(text, "pushed_unread_bytes", status.pushes.unread_bytes);
  return text;
}

std::string metrics_text(const MountStatus& status) {
  MetricSet set;
  const auto gauge = [&set](std::string_view name, std::string_view help, std::uint64_t value) {
    set.set({name, "gauge", help}, {}, value);
  };
  const auto counter = [&set](std::string_view name, std::string_view help, std::uint64_t value) {
    set.set({name, "counter", help}, {}, value);
  };
  gauge("snapfs_mount_snapshots", "Snapshots that the mount shows.", status.snapshots);
  gauge("snapfs_mount_uptime_seconds", "How long the mount is there.", status.uptime_seconds);
  gauge("snapfs_mount_requests_in_flight", "Requests of the kernel that are being answered.",
        status.requests_in_flight);
  gauge("snapfs_mount_virtual_inodes", "Inodes kept of what is not inside a snapshot.",
        status.virtual_inodes);
  gauge("snapfs_mount_directories", "Directories inside snapshots whose inodes are kept.",
        status.directories);
  gauge("snapfs_mount_memory_bytes", "Resident memory of the process.", status.memory_bytes);
  gauge("snapfs_mount_index_bytes", "Memory that the index takes.", status.index_bytes);
  const auto cache = [&set](const MountStatus::Cache& cache, const char* name) {
    const MetricLabels labels = {{"cache", name}};
    set.set({"snapfs_mount_cache_bytes", "gauge", "Memory that the cache takes."}, labels,
            std::uint64_t{cache.bytes});
    set.set({"snapfs_mount_cache_budget_bytes", "gauge", "Memory that the cache may take."}, labels,
            std::uint64_t{cache.budget_bytes});
    set.set({"snapfs_mount_cache_hits_total", "counter", "Requests that the cache answered."},
            labels, cache.hits);
    set.set({"snapfs_mount_cache_misses_total", "counter", "Requests that went to the repository."},
            labels, cache.misses);
    set.set({"snapfs_mount_loads_in_flight", "gauge", "Loads from the repository under way."},
            labels, cache.in_flight);
  };
  cache(status.blobs, "blob");
  cache(status.trees, "tree");
  cache(status.files, "file");
  counter("snapfs_mount_pushed_files_total", "Files whose content was pushed to the kernel.",
          status.pushes.files);
  counter("snapfs_mount_pushed_bytes_total", "Content that was pushed to the kernel.",
          status.pushes.bytes);
  counter("snapfs_mount_push_beacons_total", "Signs that pushed content is read.",
          status.pushes.beacons);
  counter("snapfs_mount_pushed_unread_bytes_total", "Pushed content that nobody read.",
          status.pushes.unread_bytes);
  return set.text();
}

}  // namespace snapfs
