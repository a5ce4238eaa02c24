// Sizes are said in MiB, rounded so that what is said to be needed is enough.
#include "fs/restore/no_room.h"

#include <fmt/format.h>

namespace snapfs {

namespace {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

std::uint64_t mib_up(std::uint64_t bytes) noexcept { return bytes / kMib + (bytes % kMib != 0); }

}  // namespace

bool ends_restore(const Error& error) noexcept {
  return error.ends_the_run() || dynamic_cast<const DiskFullError*>(&error) != nullptr;
}

void require_room(const TargetFs& target, int fd, std::uint64_t bytes) {
  const FreeSpace free = target.free_space(fd);
  if (free.is_certain && bytes > free.bytes) throw NoRoomError(bytes, free.bytes);
}

void LeftOutFiles::add(const std::string& path, const NoRoomError& error) {
  const auto state = state_.lock();
  ++state->count;
  state->bytes += error.needed();
  if (state->count > 1 && error.needed() <= state->largest_bytes) return;
  state->largest = path;
  state->largest_bytes = error.needed();
  state->free = error.free();
}

void LeftOutFiles::report(RestoreProgress& progress) const {
  const auto state = state_.lock();
  if (state->count == 0) return;
  const std::string others =
      state->count == 1 ? ""
                        : fmt::format(" (and {} more files that do not fit, {} MiB altogether)",
                                      state->count - 1, mib_up(state->bytes));
  progress.report_error(
      state->largest,
      fmt::format("it takes {} MiB, and {} MiB are free{}: make room, or restore with --sparse if "
                  "it is mostly zeros, or somewhere else; what is done is kept",
                  mib_up(state->largest_bytes), state->free / kMib, others));
}

}  // namespace snapfs
