#include "fs/cache/cache_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string_view>

#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::size_t kDigits = 64;
constexpr std::string_view kIndex = ".index";

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// The repository that a file of that name belongs to: "<id>.index", or what a writer that was
/// killed left behind, "<id>.index-XXXXXX".
std::optional<Id> repository_of(std::string_view name) {
  if (name.size() < kDigits) return std::nullopt;
  const std::string_view rest = name.substr(kDigits);
  if (rest != kIndex && !rest.starts_with(std::string(kIndex) + "-")) return std::nullopt;
  return Id::parse(name.substr(0, kDigits));
}

}  // namespace

std::vector<CachedRepository> list_cached(const std::string& directory) {
  const std::unique_ptr<DIR, CloseDirectory> open(::opendir(directory.c_str()));
  if (!open) {
    if (errno == ENOENT) return {};
    throw_errno(errno, "read the directory", directory);
  }
  std::map<Id, CachedRepository> found;
  while (const dirent* const entry = ::readdir(open.get())) {
    const std::optional<Id> id = repository_of(entry->d_name);
    struct stat status {};
    if (!id || ::fstatat(::dirfd(open.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode)) {
      continue;
    }
    CachedRepository& cached = found[*id];
    cached.repository = *id;
    cached.last_used = std::max(cached.last_used, Timestamp::from(status.st_mtim));
    cached.bytes += static_cast<std::uint64_t>(status.st_size);
    cached.paths.push_back(directory + "/" + entry->d_name);
  }
  std::vector<CachedRepository> list;
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
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno(errno, "remove", path);
  }
}

}  // namespace snapfs
