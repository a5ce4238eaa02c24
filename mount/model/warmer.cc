#include "mount/model/warmer.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"
#include "fs/fetch/prefetcher.h"
#include "mount/model/snapshot_fs.h"

namespace snapfs {

namespace {

/// Loaded between two looks at whether to go on.
constexpr std::size_t kStepBytes = 8 << 20;

/// Of what comes next, so that storage that is far away is not asked for one file after the other.
constexpr std::uint64_t kAnnouncedBytes = 16 << 20;
constexpr std::size_t kAnnounced = 256;

/// More links one after the other are a circle.
constexpr unsigned kMaxLinks = 8;

}  // namespace

void Warmer::want(std::string path) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) return;
  waiting_.push_back(std::move(path));
  if (!thread_.joinable()) {
    const BlockedSignals blocked;
    try {
      thread_ = std::jthread([this](const StopToken& stop) { work(stop); });
    } catch (const std::system_error&) {
      waiting_.clear();  // whoever reads it waits for it himself
      return;
    }
  }
  changed_.notify_one();
}

bool Warmer::idle() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && !busy_;
}

void Warmer::work(const StopToken& stop) {
  while (true) {
    std::string path;
    {
      std::unique_lock lock(mutex_);
      busy_ = false;
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      path = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
    }
    try {
      warm(path, stop);
    } catch (const std::exception&) {
      // Whoever reads it will hear of it.
    }
  }
}

void Warmer::warm(const std::string& path, const StopToken& stop) {
  const auto start = find(path, kMaxLinks);
  if (!start) return;
  std::uint64_t left = budget_bytes_;
  Pending pending{{*start}, 0};
  while (!pending.inodes.empty() && left > 0 && !stop.stop_requested()) {
    if (pending.announced == 0) announce(pending, left);
    const Ino ino = pending.inodes.back();
    pending.inodes.pop_back();
    --pending.announced;
    try {
      warm_one(ino, pending, left, stop);
    } catch (...) {
      if (current_error().ends_the_run()) return;
      // Damaged, or no memory for it: on to the next.
    }
  }
}

/// Some of what comes next, at least one.
void Warmer::announce(Pending& pending, std::uint64_t left) {
  pending.announced = std::min(kAnnounced, pending.inodes.size());
  const std::vector<Ino> next(
      pending.inodes.rbegin(),
      pending.inodes.rbegin() + static_cast<std::ptrdiff_t>(pending.announced));
  best_effort([&] { fs_.announce(next, std::min(left, kAnnouncedBytes)); });
}

/// A file's content; of a directory, its entries become pending.
void Warmer::warm_one(Ino ino, Pending& pending, std::uint64_t& left, const StopToken& stop) {
  const mode_t mode = fs_.entry(ino).attributes.mode;
  if (S_ISREG(mode)) {
    warm_file(ino, left, stop);
  } else if (S_ISDIR(mode) && fs_.is_stable_directory(ino)) {
    // Not those above the snapshots, which hold all of them.
    const auto directory = fs_.open_directory(ino, /*guess=*/false);
    for (std::size_t i = directory->size(); i-- > 0;) {
      pending.inodes.push_back(directory->entry(i).ino);
    }
    if (directory->size() > 0) pending.announced = 0;
  }
}

std::optional<Ino> Warmer::find(const std::string& path, unsigned links_left) {
  Ino ino = kRootIno;
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, slash);
    const std::size_t begin = path.size() - rest.size();
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (name.empty()) continue;
    const auto found = fs_.lookup(ino, name);
    if (!found) return std::nullopt;
    if (S_ISLNK(found->attributes.mode) && is_virtual(found->ino)) {
      // `latest`; links inside snapshots are not ours to follow.
      if (links_left == 0) return std::nullopt;
      const std::string followed =
          path.substr(0, begin) + fs_.read_link(found->ino) + "/" + std::string(rest);
      return find(followed, links_left - 1);
    }
    ino = found->ino;
  }
  return ino;
}

void Warmer::warm_file(Ino ino, std::uint64_t& left, const StopToken& stop) {
  std::uint64_t offset = 0;
  while (left > 0 && !stop.stop_requested()) {
    const Warmed warmed = fs_.warm(ino, offset, kStepBytes);
    if (warmed.end == offset) return;
    offset = warmed.end;
    left -= std::min(left, warmed.loaded);
  }
}

}  // namespace snapfs
