// How large the cache may grow, whatever repositories it is of: a size, and what has to stay free
// on its file system. What was not used for the longest time goes first, file by file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/base/synchronized.h"
#include "fs/cache/cache_files.h"
#include "fs/time/clock.h"

namespace snapfs {

/// In bytes. Without a word of the user's both go by the size of the file system.
struct CacheBounds {
  /// The cache's size: else a tenth of the file system, and 8 GiB at most.
  std::optional<std::uint64_t> max_bytes = {};
  /// What it leaves free: else a twentieth of the file system, and 1 GiB at most.
  std::optional<std::uint64_t> min_free_bytes = {};
};

/// A file system: what statvfs(3) says of it.
struct DiskSpace {
  std::uint64_t total = 0;
  std::uint64_t free = 0;  ///< for those who are not root

  /// Throws Error.
  static DiskSpace of(const std::string& directory);
};

/// How much the cache may have, when it has `used` bytes.
std::uint64_t allowed_bytes(const CacheBounds& bounds, const DiskSpace& disk, std::uint64_t used);

/// The entries to remove so that the rest has no more than `most` bytes: those that were not used
/// for the longest time, and what nobody finished within a day.
std::vector<CacheEntry> choose_evicted(std::vector<CacheEntry> entries, Timestamp now,
                                       std::uint64_t most);

/// Gives out room for what is to be added, and makes some when there is none. Thread-safe. Other
/// processes do the same: together they may have more than the bounds for a moment, by a sixteenth
/// each.
class CacheRoom {
 public:
  /// The directory must exist when room is asked for. The bounds are the pool's.
  CacheRoom(std::string directory, CachePool pool, const CacheBounds& bounds)
      : directory_(std::move(directory)), pool_(pool), bounds_(bounds) {}

  /// Whether so many bytes may be added now. Throws Error when the cache cannot be looked at.
  bool take(std::uint64_t bytes);

 private:
  struct State {
    std::uint64_t left = 0;              ///< that may be added before the cache is looked at again
    std::uint64_t refused = UINT64_MAX;  ///< bytes, since it was looked at last
  };

  void look(State& state, std::uint64_t bytes, const DiskSpace& disk) const;

  const std::string directory_;
  const CachePool pool_;
  const CacheBounds bounds_;
  Synchronized<State> state_;
};

}  // namespace snapfs
