// The way back up is "..", and every directory is asked whether it is the one that was left:
// directories that are moved about meanwhile cannot lead the removal out of the target.
#include "fs/restore/tree_remover.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace snapfs {

namespace {

/// Directories that are kept open, so that the way up mostly needs no call.
constexpr std::size_t kMostOpen = 8;

constexpr unsigned kOwnerAll = 0700;

}  // namespace

bool TreeRemover::remove(int directory, const std::string& name, std::string path) {
  top_ = directory;
  device_ = target_.stat(directory).st_dev;
  path_ = std::move(path);
  levels_.clear();
  complete_ = true;
  visit(directory, name);
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.names.empty()) {
      leave();
      continue;
    }
    const std::string child = std::move(level.names.back());
    level.names.pop_back();
    const std::size_t length = path_.size();
    const std::size_t depth = levels_.size();
    path_.append("/").append(child);
    visit(level.fd.get(), child);
    if (levels_.size() == depth) path_.resize(length);
  }
  return complete_;
}

/// What is under the name is removed, or becomes the last level.
void TreeRemover::visit(int directory, const std::string& name) {
  throw_if_stopped(stop_);
  try {
    const std::optional<TargetEntry> entry = target_.look(directory, name);
    if (!entry) return;
    // Files may show another device than their directory where layers lie on each other.
    const bool is_directory = S_ISDIR(entry->mode);
    if (entry->is_mount || (is_directory && entry->identity.device != device_)) {
      stays();
      return observer_.left_mounted(path_);
    }
    if (is_directory) return enter(directory, name, *entry);
    if (!dry_run_) target_.remove_file(directory, name);
    observer_.removed(path_);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    stays();
    observer_.failed(path_, error);
  }
}

void TreeRemover::enter(int directory, const std::string& name, const TargetEntry& entry) {
  Level level;
  level.identity = entry.identity;
  level.path_length = path_.size() - name.size() - 1;
  const bool shuts_out = (entry.mode & kOwnerAll) != kOwnerAll && entry.owner == ::geteuid();
  if (shuts_out && !dry_run_) {
    target_.set_permissions(directory, name, (entry.mode & 07777) | kOwnerAll);
    level.permissions = entry.mode & 07777;
  }
  const auto give_back = [&] {
    if (level.permissions) target_.set_permissions(directory, name, *level.permissions);
  };
  try {
    level.fd = target_.open_directory(directory, name);
    if (!level.fd || FileIdentity::of(target_.stat(level.fd.get())) != level.identity) {
      throw Error(ErrorCode::kIo, "it was replaced while it was being removed: restore again");
    }
    level.names = target_.list(level.fd.get());
  } catch (const Error& error) {
    // A real run would be let in: what is inside is not known before.
    if (!(dry_run_ && shuts_out && error.code() == ErrorCode::kPermission)) {
      give_back();
      throw;
    }
  }
  std::ranges::sort(level.names, std::greater<>());
  levels_.push_back(std::move(level));
  if (levels_.size() > kMostOpen) levels_[levels_.size() - 1 - kMostOpen].fd.reset();
}

void TreeRemover::leave() {
  Level& level = levels_.back();
  const std::string name = path_.substr(level.path_length + 1);
  int parent = -1;
  bool removed = false;
  try {
    parent = parent_of_last();
    if (level.complete) {
      if (!dry_run_) target_.remove_directory(parent, name);
      removed = true;
    }
    if (!removed && level.permissions) target_.set_permissions(level.fd.get(), *level.permissions);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    observer_.failed(path_, error);
    try {
      if (level.permissions) target_.set_permissions(level.fd.get(), *level.permissions);
    } catch (const Error&) {
      // What went wrong first is what counts.
    }
    if (parent < 0) {
      // There is no way back to the rest.
      levels_.clear();
      complete_ = false;
      return;
    }
  }
  if (removed) observer_.removed(path_);
  path_.resize(level.path_length);
  levels_.pop_back();
  if (!removed) stays();
}

/// The directory above the last level, open.
int TreeRemover::parent_of_last() {
  if (levels_.size() == 1) return top_;
  Level& above = levels_[levels_.size() - 2];
  if (!above.fd) {
    UniqueFd fd = target_.open_directory(levels_.back().fd.get(), "..");
    if (!fd || FileIdentity::of(target_.stat(fd.get())) != above.identity) {
      throw Error(ErrorCode::kIo,
                  "it was moved while it was being removed, and what is above it left: restore "
                  "again");
    }
    above.fd = std::move(fd);
  }
  return above.fd.get();
}

/// Something in the last level is not removed, so neither is any directory above.
void TreeRemover::stays() noexcept {
  if (levels_.empty()) {
    complete_ = false;
  } else {
    levels_.back().complete = false;
  }
}

}  // namespace snapfs
