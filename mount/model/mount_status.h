// What a mount is doing, in figures and as the texts of .snapfs/status and
// .snapfs/metrics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "mount/model/push_pacer.h"
#include "mount/model/shared_cache.h"

namespace snapfs {

/// A value.
struct MountStatus {
  struct Cache {
    std::size_t bytes = 0;
    std::size_t budget_bytes = 0;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t in_flight = 0;
  };

  std::uint64_t snapshots = 0;
  std::uint64_t requests_in_flight = 0;
  std::uint64_t virtual_inodes = 0;  ///< kept, of what is not inside a snapshot
  std::uint64_t directories = 0;     ///< inside snapshots, whose inodes are kept
  std::uint64_t uptime_seconds = 0;
  std::uint64_t memory_bytes = 0;  ///< resident, of the whole process
  std::uint64_t index_bytes = 0;   ///< of memory, for where all blobs are stored
  Cache blobs;
  Cache trees;
  Cache files;  ///< where in a file its blobs lie, and who reads it how
  PushCounters pushes;
};

/// Of a BlobCache, TreeCache or SharedCache.
template <class AnyCache>
MountStatus::Cache status_of(const AnyCache& cache) {
  const CacheCounters& counters = cache.counters();
  return {cache.size_bytes(), cache.budget_bytes(), counters.hits + counters.waits, counters.misses,
          counters.in_flight};
}

/// Memory that the process has in RAM, in bytes; 0 when the system does not tell.
std::uint64_t resident_bytes();

/// One "name: number" a line, in a fixed order, so that scripts can read it.
std::string status_text(const MountStatus& status);

/// The same figures for Prometheus (fs/base/metric_set.h): .snapfs/metrics.
std::string metrics_text(const MountStatus& status);

}  // namespace snapfs
