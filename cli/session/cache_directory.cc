#include "cli/session/cache_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/option/setting.h"
#include "cli/output/output.h"
#include "cli/session/storage.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/cache/cache_files.h"
#include "fs/cache/file_cache.h"
#include "fs/repo/repository.h"
#include "fs/time/clock.h"

namespace snapfs {
namespace {

constexpr std::string_view kOurs = "/snapfs";

/// The value of a variable that is not ours, unless it is empty.
std::optional<std::string> variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

/// Absolute, because a mount in the background leaves the directory that it was started in.
std::string ours_in(const std::string& base) {
  return std::filesystem::absolute(base).string() + std::string(kOurs);
}

/// Where it is unless somebody says so. A relative one is to be ignored (XDG Base Directory
/// Specification).
std::optional<std::string> usual_directory() {
  if (const auto base = variable("XDG_CACHE_HOME"); base && base->starts_with('/')) {
    return ours_in(*base);
  }
  if (const auto home = variable("HOME")) return ours_in(*home + "/.cache");
  return std::nullopt;
}

std::string named_directory(const GlobalOptions& options) {
  return setting(options.cache_directory, "CACHE_DIR");
}

std::optional<std::uint64_t> size_setting(const std::string& option, std::string_view variable) {
  const std::string text = setting(option, variable);
  if (text.empty()) return std::nullopt;
  return parse_size(text);
}

}  // namespace

std::optional<std::string> cache_directory(const GlobalOptions& options) {
  if (options.no_cache) return std::nullopt;
  const std::string named = named_directory(options);
  if (!named.empty()) return ours_in(named);
  const std::optional<std::string> usual = usual_directory();
  return usual && !foreign_part(*usual, ::geteuid()) ? usual : std::nullopt;
}

std::optional<std::string> foreign_part(const std::string& path, unsigned user) {
  if (user != 0) return std::nullopt;
  std::string part = "/";
  for (const std::string& name : split_path(path)) {
    part = join_path(part, name);
    struct stat status {};
    if (::lstat(part.c_str(), &status) != 0) break;  // it is made, as ours
    if (status.st_uid != 0) return part;
  }
  return std::nullopt;
}

CacheBounds cache_bounds(const GlobalOptions& options) {
  return {size_setting(options.cache_size, "CACHE_SIZE"),
          size_setting(options.cache_min_free, "CACHE_MIN_FREE")};
}

namespace {

void warn_of_foreign_directory(const GlobalOptions& options) {
  if (options.no_cache || !named_directory(options).empty()) return;
  const std::optional<std::string> usual = usual_directory();
  const auto foreign = usual ? foreign_part(*usual, ::geteuid()) : std::nullopt;
  if (!foreign) return;
  print_warning(options.json, *foreign,
                fmt::format("no cache is used, so that more is asked of the storage: {} belongs to "
                            "another user than root (set HOME to root's own, or name another "
                            "place with --cache-dir)",
                            *foreign));
}

}  // namespace

void keep_files(const GlobalOptions& options, Repository& repository, Writing writing) {
  std::optional<std::string> directory = cache_directory(options);
  if (!directory) {
    warn_of_foreign_directory(options);
    return;
  }
  FileCacheOptions cache;
  cache.directory = *std::move(directory);
  cache.bounds = cache_bounds(options);
  cache.content_bytes = options.kept_content_bytes;
  cache.add_saved = writing == Writing::kAllowed;
  cache.warn = [json = options.json](std::string_view message) {
    print_warning(json, "", message);
  };
  repository.files().use_cache(
      std::make_unique<FileCache>(std::move(cache), repository.config().id));
}

GlobalOptions without_cache(GlobalOptions options) {
  options.no_cache = true;
  return options;
}

void clean_cache(const GlobalOptions& options) {
  const std::optional<std::string> directory = cache_directory(options);
  if (!directory) return;
  try {
    const CacheLimits limits{std::chrono::hours(24) * 30, std::nullopt};
    for (const CachedRepository& old :
         choose_expired(list_cached(*directory), SystemClock().now(), limits)) {
      remove_cached(old);
    }
  } catch (const Error& error) {
    print_warning(options.json, *directory,
                  fmt::format("the cache was not cleaned up: {}", error.what()));
  }
}

}  // namespace snapfs
