#include "cli/cache_directory.h"

#include <cstdlib>
#include <string_view>

#include "cli/environment.h"
#include "cli/global_options.h"

namespace snapfs {
namespace {

constexpr std::string_view kOurs = "/snapfs";

/// The value of a variable that is not ours, unless it is empty.
std::optional<std::string> variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> cache_directory(const GlobalOptions& options) {
  if (options.no_cache) return std::nullopt;
  if (!options.cache_directory.empty()) return options.cache_directory + std::string(kOurs);
  if (const auto named = environment_setting("CACHE_DIR")) return *named + std::string(kOurs);
  if (const auto base = variable("XDG_CACHE_HOME")) return *base + std::string(kOurs);
  if (const auto home = variable("HOME")) return *home + "/.cache" + std::string(kOurs);
  return std::nullopt;
}

}  // namespace snapfs
