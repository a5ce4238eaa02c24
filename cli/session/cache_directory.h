// Where copies of what the repository holds are kept on this machine.
#pragma once

#include <optional>
#include <string>

namespace snapfs {

struct GlobalOptions;

/// Our directory in the user's cache: in --cache-dir, in the directory that CACHE_DIR names in the
/// environment, in XDG_CACHE_HOME, or in .cache of the home directory. Nothing with --no-cache, or
/// when there is no such place. It need not exist.
std::optional<std::string> cache_directory(const GlobalOptions& options);

/// Removes from it what was not used for 30 days. What fails is a warning.
void clean_cache(const GlobalOptions& options);

}  // namespace snapfs
