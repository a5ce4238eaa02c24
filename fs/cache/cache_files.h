// What this machine keeps of repositories in one directory (FORMAT §18; so far copies of indexes):
// looking at it, and letting go of what is not worth its room. What the files hold is not this
// header's business; all of it can be fetched again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// The files of one repository.
struct CachedRepository {
  Id repository;
  Timestamp last_used;
  std::uint64_t bytes = 0;
  std::vector<std::string> paths;
};

/// The repositories that the directory has files of, the one used last first; nothing when there is
/// no such directory. What is not named like a file of ours is passed over. Throws Error{kIo} and
/// Error{kPermission}.
std::vector<CachedRepository> list_cached(const std::string& directory);

/// What may stay.
struct CacheLimits {
  std::optional<std::chrono::seconds> max_age;  ///< since it was used last
  std::optional<std::uint64_t> max_bytes;       ///< all together
};

/// Those that have to go: all that are too old, and then those that were not used for the longest
/// time until the rest is small enough. In the order of `cached`, which list_cached() returned.
std::vector<CachedRepository> choose_expired(const std::vector<CachedRepository>& cached,
                                             Timestamp now, const CacheLimits& limits);

/// Removes its files. Those that are gone already are no failure.
void remove_cached(const CachedRepository& cached);

}  // namespace snapfs
