// Directories are finished from the bottom up, in a loop.
#include "fs/restore/context.h"

#include <sys/stat.h>

#include <optional>
#include <utility>

#include "fs/restore/tree_remover.h"

namespace snapfs {

namespace {

/// Counts and tells what is deleted.
class Deletion final : public RemovalObserver {
 public:
  /// `replaced`: what is removed to make way, which is told of as what takes its place.
  explicit Deletion(const RestoreContext& context, std::string replaced = "")
      : context_(context), replaced_(std::move(replaced)) {}

  void removed(const std::string& path) override {
    RestoreProgress& progress = context_.progress;
    if (replaced_.empty()) ++progress.files_deleted;
    if (progress.wants_items() && path != replaced_)
      progress.show_item({RestoreAction::kDeleted, path, false, 0});
  }
  void failed(const std::string& path, const Error& error) override {
    context_.progress.report_error(path, error.what());
  }
  void left_mounted(const std::string& path) override {
    context_.progress.report_warning(
        path, "not deleted, nor what is above it: another file system is mounted there");
  }

 private:
  const RestoreContext& context_;
  const std::string replaced_;
};

}  // namespace

Selected RestoreContext::selection_of(const Directory& directory, const std::string& name,
                                      bool is_directory) const {
  if (!options.select) return {true, is_directory};
  return options.select(path_in(directory, name), is_directory);
}

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

void RestoreContext::report(const Directory& directory, const std::string& name,
                            const Error& error) const {
  if (error.ends_the_run()) throw Error(error);
  if (const auto* const full = dynamic_cast<const DiskFullError*>(&error))
    throw DiskFullError(*full);
  std::string path = path_in(directory, name);
  if (const auto* const no_room = dynamic_cast<const NoRoomError*>(&error)) {
    return left_out.add(path, *no_room);
  }
  if (error.code() == ErrorCode::kNoSpace) {
    const std::string message = path + ": " + error.what();
    throw DiskFullError(error.code(), message, std::move(path));
  }
  progress.report_error(path, error.what());
}

void RestoreContext::make_way(const Directory& directory, int fd, const std::string& name) const {
  const std::optional<struct stat> status = target.stat(fd, name);
  if (!status) return;
  if (!S_ISDIR(status->st_mode)) {
    if (!options.dry_run) target.remove_file(fd, name);
    return;
  }
  if (!options.remove_unexpected) {
    try {
      if (!options.dry_run) return target.remove_directory(fd, name);
      const UniqueFd there = target.open_directory(fd, name);
      if (!there || target.list(there.get()).empty()) return;
    } catch (const Error& error) {
      // Whoever may not look into a directory can remove it when it is empty.
      if (options.dry_run && error.code() == ErrorCode::kPermission) return;
      if (error.code() != ErrorCode::kExists) throw;
    }
    throw Error(ErrorCode::kExists,
                "there is a directory with files in its place: move it away, or restore with "
                "--delete");
  }
  const std::string path = path_in(directory, name);
  Deletion deletion(*this, path);
  TreeRemover remover(target, options.dry_run, deletion, stop);
  if (remover.remove(fd, name, path)) return;
  throw Error(ErrorCode::kExists,
              "there is a directory in its place that cannot be removed: move it away");
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
    throw_if_stopped(stop);  // trees may be deep, and opening what is far from the root takes time
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
  if (directory.unexpected.empty()) return;
  Deletion deletion(*this);
  TreeRemover remover(target, options.dry_run, deletion, stop);
  for (const std::string& name : std::exchange(directory.unexpected, {})) {
    remover.remove(fd, name, path_in(directory, name));
  }
}

}  // namespace snapfs
