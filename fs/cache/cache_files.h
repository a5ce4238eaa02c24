// What this machine keeps of repositories in one directory (cached_file.h says how): looking at it,
// and letting go of what is not worth its room. What the files hold is not this header's business;
// all of it can be fetched again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/id.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// Files that have a size together.
enum class CachePool : std::uint8_t {
  kMetadata,  ///< indexes, snapshots and trees
  kContent,   ///< of files
};

/// One file, of whatever repository.
struct CacheEntry {
  Id repository;
  std::string path;
  std::uint64_t bytes = 0;
  Timestamp last_used;      ///< to the hour
  bool unfinished = false;  ///< somebody writes it, or was killed while he did
};

/// All files of the pool, in no particular order; nothing when there is no such directory. What is
/// not where and as our files are is passed over, and so is what vanishes meanwhile. Throws
/// Error{kIo} and Error{kPermission}.
std::vector<CacheEntry> list_cache_entries(const std::string& directory, CachePool pool);

/// The directory of those of its files that are of data, in a repository's.
inline constexpr std::string_view kContentDirectory = "content";

/// What is there of one repository.
struct CachedRepository {
  Id repository;
  Timestamp last_used;
  std::uint64_t bytes = 0;
  std::vector<std::string> paths;  ///< files, and directories with all that is in them
};

/// The repositories that the directory has files of, the one used last first. Throws as above.
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
