// Directories are finished from the bottom up, in a loop.
#include "fs/restore/context.h"

#include <sys/stat.h>

#include <optional>
#include <utility>

namespace snapfs {

bool RestoreContext::may_overwrite(const struct stat& status,
                                   const Timestamp& snapshot_mtime) const noexcept {
  switch (options.overwrite) {
    case Overwrite::kAlways:
    case Overwrite::kIfChanged:
      return true;
    case Overwrite::kIfNewer:
      return TargetFs::is_incomplete(status) || snapshot_mtime > Timestamp::from(status.st_mtim);
    case Overwrite::kNever:
      return TargetFs::is_incomplete(status);
  }
  return false;
}

void RestoreContext::show(const Directory& directory, const std::string& name, RestoreAction action,
                          bool is_file, std::uint64_t size) const {
  if (progress.wants_items()) {
    progress.show_item({action, path_in(directory, name), is_file, size});
  }
}

void RestoreContext::count_restored(const Directory& directory, const std::string& name,
                                    RestoreAction action, bool is_file, std::uint64_t size) const {
  ++progress.files_restored;
  show(directory, name, action, is_file, size);
}

void RestoreContext::count_skipped(const Directory& directory, const std::string& name,
                                   bool is_file, std::uint64_t size) const {
  ++progress.files_skipped;
  progress.bytes_skipped += size;
  show(directory, name, RestoreAction::kUnchanged, is_file, size);
}

void RestoreContext::done(Directory& directory) const {
  Directory* at = &directory;
  while (--at->pending == 0) {
    finish(*at);
    Directory* const parent = at->parent;
    if (parent == nullptr) return;
    directories.remove(*at);
    at = parent;
  }
}

void RestoreContext::finish(Directory& directory) const {
  const Directory::State state = directory.state;
  if (!directory.wanted || state == Directory::State::kFailed) return;
  const bool is_root = directory.parent == nullptr;
  if (state == Directory::State::kMissing) {
    if (!is_root) count_restored(directory, "", RestoreAction::kRestored, false, 0);
    return;
  }
  attempt(directory, "", [&] {
    const Directories::Handle handle = directories.open(directory);
    remove_unexpected(directory, handle->get());
    if (is_root) return;
    if (!options.dry_run) {
      const bool existed = state == Directory::State::kExisting;
      metadata.apply(handle->get(), directory.metadata, nullptr, existed || directory.inherits);
    }
    count_restored(directory, "", RestoreAction::kRestored, false, 0);
  });
}

void RestoreContext::remove_unexpected(Directory& directory, int fd) const {
  for (const std::string& name : std::exchange(directory.unexpected, {})) {
    attempt(directory, name, [&] { delete_entry(fd, name, path_in(directory, name)); });
  }
}

/// With all that is below it, which may be reached by no other way: what a link leads to stays.
void RestoreContext::delete_entry(int directory, const std::string& name,
                                  const std::string& path) const {
  throw_if_stopped(stop);
  const std::optional<struct stat> status = target.stat(directory, name);
  if (!status) return;
  if (S_ISDIR(status->st_mode)) {
    if (const UniqueFd fd = target.open_directory(directory, name)) {
      for (const std::string& child : target.list(fd.get())) {
        delete_entry(fd.get(), child, path + "/" + child);
      }
    }
  }
  if (!options.dry_run) target.remove(directory, name, false);
  ++progress.files_deleted;
  if (progress.wants_items()) progress.show_item({RestoreAction::kDeleted, path, false, 0});
}

}  // namespace snapfs
