#include "fs/cache/cache_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/cache/cached_file.h"

namespace snapfs {
namespace {

constexpr std::size_t kDigits = 64;
constexpr std::string_view kIndex = ".index";

/// What a repository's directory has besides the version.
constexpr std::array<std::string_view, 3> kMetadata = {"data", "index", "snapshots"};
constexpr std::array<std::string_view, 1> kContent = {kContentDirectory};

std::span<const std::string_view> directories_of(CachePool pool) {
  if (pool == CachePool::kContent) return kContent;
  return kMetadata;
}

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// Calls `visit` with the name and the status of everything in the directory, which may be missing.
template <class Visit>
void for_each_entry(const std::string& directory, const Visit& visit) {
  const std::unique_ptr<DIR, CloseDirectory> open(::opendir(directory.c_str()));
  if (!open) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    throw_errno(errno, "read the directory", directory);
  }
  while (const dirent* const entry = ::readdir(open.get())) {
    struct stat status {};
    if (::fstatat(::dirfd(open.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    visit(std::string_view(entry->d_name), status);
  }
}

/// The repository that a file of that name belongs to: "<id>.index", or what a writer that was
/// killed left behind, "<id>.index-XXXXXX".
std::optional<Id> repository_of_index(std::string_view name) {
  if (name.size() < kDigits) return std::nullopt;
  const std::string_view rest = name.substr(kDigits);
  if (rest != kIndex && !rest.starts_with(std::string(kIndex) + "-")) return std::nullopt;
  return Id::parse(name.substr(0, kDigits));
}

/// The repository that a directory of that name belongs to.
std::optional<Id> repository_of_directory(std::string_view name) {
  const std::optional<Id> id = Id::parse(name);
  if (!id || id->hex() != name) return std::nullopt;
  return id;
}

CacheEntry entry_of(const Id& repository, std::string path, const struct stat& status) {
  return {repository, std::move(path), static_cast<std::uint64_t>(status.st_size),
          Timestamp::from(status.st_mtim), false};
}

/// Calls `visit` with each file of the pool below a repository's directory.
template <class Visit>
void for_each_kept(const Id& repository, const std::string& directory, CachePool pool,
                   const Visit& visit) {
  for (const std::string_view kind : directories_of(pool)) {
    const std::string kept = fmt::format("{}/{}", directory, kind);
    for_each_entry(kept, [&](std::string_view folder, const struct stat& status) {
      if (folder.size() != 2 || !S_ISDIR(status.st_mode)) return;
      const std::string files = fmt::format("{}/{}", kept, folder);
      for_each_entry(files, [&](std::string_view name, const struct stat& file) {
        const bool unfinished = name.starts_with(kUnfinished);
        if (!S_ISREG(file.st_mode) || (!unfinished && !CachedName::parse(name))) return;
        CacheEntry entry = entry_of(repository, fmt::format("{}/{}", files, name), file);
        entry.unfinished = unfinished;
        visit(std::move(entry));
      });
    });
  }
}

}  // namespace

std::vector<CacheEntry> list_cache_entries(const std::string& directory, CachePool pool) {
  std::vector<CacheEntry> entries;
  const auto add = [&](CacheEntry entry) { entries.push_back(std::move(entry)); };
  for_each_entry(directory, [&](std::string_view name, const struct stat& status) {
    const std::string path = fmt::format("{}/{}", directory, name);
    const std::optional<Id> index = repository_of_index(name);
    if (index && S_ISREG(status.st_mode) && pool == CachePool::kMetadata) {
      add(entry_of(*index, path, status));
    }
    const std::optional<Id> repository = repository_of_directory(name);
    if (repository && S_ISDIR(status.st_mode)) for_each_kept(*repository, path, pool, add);
  });
  return entries;
}

std::vector<CachedRepository> list_cached(const std::string& directory) {
  std::map<Id, CachedRepository> found;
  const auto add = [&](const Id& repository, Timestamp last_used, std::uint64_t bytes) {
    CachedRepository& cached = found[repository];
    cached.repository = repository;
    cached.last_used = std::max(cached.last_used, last_used);
    cached.bytes += bytes;
  };
  for_each_entry(directory, [&](std::string_view name, const struct stat& status) {
    const std::string path = fmt::format("{}/{}", directory, name);
    const std::optional<Id> index = repository_of_index(name);
    const std::optional<Id> repository = repository_of_directory(name);
    if (index && S_ISREG(status.st_mode)) {
      add(*index, Timestamp::from(status.st_mtim), static_cast<std::uint64_t>(status.st_size));
      found[*index].paths.push_back(path);
    } else if (repository && S_ISDIR(status.st_mode)) {
      add(*repository, Timestamp::from(status.st_mtim), 0);  // of the directory: as restic does
      found[*repository].paths.push_back(path);
      for (const CachePool pool : {CachePool::kMetadata, CachePool::kContent}) {
        for_each_kept(*repository, path, pool, [&](const CacheEntry& entry) {
          add(entry.repository, entry.last_used, entry.bytes);
        });
      }
    }
  });
  std::vector<CachedRepository> list;
  list.reserve(found.size());
  for (auto& [id, cached] : found) list.push_back(std::move(cached));
  std::ranges::stable_sort(list, std::ranges::greater{}, &CachedRepository::last_used);
  return list;
}

std::vector<CachedRepository> choose_expired(const std::vector<CachedRepository>& cached,
                                             Timestamp now, const CacheLimits& limits) {
  std::vector<CachedRepository> expired;
  std::uint64_t kept_bytes = 0;
  bool full = false;
  for (const CachedRepository& one : cached) {
    const std::chrono::seconds age(now.seconds - one.last_used.seconds);
    const bool too_old = limits.max_age && age > *limits.max_age;
    full = full || (limits.max_bytes && kept_bytes + one.bytes > *limits.max_bytes);
    if (too_old || full) {
      expired.push_back(one);
    } else {
      kept_bytes += one.bytes;
    }
  }
  return expired;
}

void remove_cached(const CachedRepository& cached) {
  for (const std::string& path : cached.paths) {
    std::error_code failure;
    std::filesystem::remove_all(path, failure);
    if (failure && failure != std::errc::no_such_file_or_directory) {
      throw_errno(failure.value(), "remove", path);
    }
  }
}

}  // namespace snapfs
