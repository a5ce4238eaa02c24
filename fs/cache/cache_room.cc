// The cache is looked at as a whole, since it belongs to several processes: before the first byte
// is added, and again each time when a sixteenth of what is allowed was. When it is nearly full
// then, a sixteenth is removed, so that this happens seldom. To see that the file system has enough
// left is cheap, and done every time.
#include "fs/cache/cache_room.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/base/error.h"
#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

/// Where there is no room, the cache is not looked at for every file that could be added.
constexpr std::uint64_t kRefusedBeforeLook = 64 << 20;

std::uint64_t floor_of(const CacheBounds& bounds, const DiskSpace& disk) {
  return bounds.min_free_bytes.value_or(std::min(disk.total / 20, kGiB));
}

}  // namespace

DiskSpace DiskSpace::of(const std::string& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) throw_errno(errno, "examine", directory);
  return {std::uint64_t{status.f_blocks} * status.f_frsize,
          std::uint64_t{status.f_bavail} * status.f_frsize};
}

std::uint64_t allowed_bytes(const CacheBounds& bounds, const DiskSpace& disk, std::uint64_t used) {
  const std::uint64_t most = bounds.max_bytes.value_or(std::min(disk.total / 10, 8 * kGiB));
  const std::uint64_t floor = floor_of(bounds, disk);
  const std::uint64_t room = used + disk.free;
  return room > floor ? std::min(most, room - floor) : 0;
}

std::vector<CacheEntry> choose_evicted(std::vector<CacheEntry> entries, Timestamp now,
                                       std::uint64_t most) {
  std::uint64_t used = 0;
  for (const CacheEntry& entry : entries) used += entry.bytes;
  const auto was_given_up = [&](const CacheEntry& entry) {
    return entry.unfinished && now.seconds - entry.last_used.seconds > kSecondsPerDay;
  };
  std::ranges::sort(entries, {}, [&](const CacheEntry& entry) {
    return std::pair(!was_given_up(entry), entry.last_used);
  });
  auto end = entries.begin();
  for (; end != entries.end() && (used > most || was_given_up(*end)); ++end) used -= end->bytes;
  entries.erase(end, entries.end());
  return entries;
}

bool CacheRoom::take(std::uint64_t bytes) {
  const auto state = state_.lock();
  const DiskSpace disk = DiskSpace::of(directory_);
  const auto fits = [&](std::uint64_t free) {
    return bytes <= state->left && free >= bytes && free - bytes >= floor_of(bounds_, disk);
  };
  if (!fits(disk.free)) {
    if (state->refused >= kRefusedBeforeLook) look(*state, bytes, disk);
    if (!fits(DiskSpace::of(directory_).free)) {
      state->refused = std::min(state->refused, kRefusedBeforeLook) + bytes;
      return false;
    }
  }
  state->left -= bytes;
  state->refused = kRefusedBeforeLook;  // the next time that something does not fit, it is looked
  return true;
}

void CacheRoom::look(State& state, std::uint64_t bytes, const DiskSpace& disk) const {
  std::vector<CacheEntry> entries = list_cache_entries(directory_, pool_);
  std::uint64_t used = 0;
  for (const CacheEntry& entry : entries) used += entry.bytes;
  const std::uint64_t allowed = allowed_bytes(bounds_, disk, used);
  const std::uint64_t step = std::max(allowed / 16, bytes);
  const std::uint64_t most = step <= allowed ? allowed - step : allowed;
  for (const CacheEntry& entry : choose_evicted(std::move(entries), SystemClock().now(), most)) {
    if (::unlink(entry.path.c_str()) == 0) used -= entry.bytes;
  }
  state.left = std::min(step, allowed - std::min(allowed, used));
  state.refused = 0;
}

}  // namespace snapfs
