// Where copies of what the repository holds are kept on this machine, and of what.
#pragma once

#include <optional>
#include <string>

#include "fs/cache/cache_room.h"

namespace snapfs {

struct GlobalOptions;
class Repository;
enum class Writing;

/// Our directory in the user's cache: in --cache-dir, in the directory that CACHE_DIR names in the
/// environment, in XDG_CACHE_HOME, or in .cache of the home directory. Nothing with --no-cache,
/// when there is no such place, or when the last two are in a foreign_part(). It need not exist.
std::optional<std::string> cache_directory(const GlobalOptions& options);

/// The first directory or link on the way to the absolute `path` that belongs to another user than
/// root, when `user` is root; nothing otherwise. That user can put links in the way, which root
/// would follow, and could not write what root leaves there.
std::optional<std::string> foreign_part(const std::string& path, unsigned user);

/// How large it may be: --cache-size and --cache-min-free, or the variables CACHE_SIZE and
/// CACHE_MIN_FREE. Throws Error{kUsage} for what is no size.
CacheBounds cache_bounds(const GlobalOptions& options);

/// Has the repository, of which nothing was loaded yet, keep files there, unless there is no such
/// place, which is a warning when it is another user's. Only worth it for a repository that is far
/// away.
void keep_files(const GlobalOptions& options, Repository& repository, Writing writing);

/// The same options for those who want to know what really is in the storage.
GlobalOptions without_cache(GlobalOptions options);

/// Removes from it what was not used for 30 days. What fails is a warning.
void clean_cache(const GlobalOptions& options);

}  // namespace snapfs
