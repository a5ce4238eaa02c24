#include "fs/restore/directory_maker.h"

#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace snapfs {

namespace {

std::string_view name_of_type(mode_t mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "a file";
    case S_IFLNK:
      return "a symbolic link";
    default:
      return "a special file";
  }
}

}  // namespace

void DirectoryMaker::learn_inheritance(Directory& directory, int fd) const {
  if (directory.inherits_known) return;
  directory.inherits = context_.metadata.has_attributes(fd);
  directory.inherits_known = true;
}

bool DirectoryMaker::ensure(Directory& directory) {
  if (directory.state == Directory::State::kUnknown) {
    const std::lock_guard lock(mutex_);
    std::vector<Directory*> down;
    for (Directory* at = &directory; at->state == Directory::State::kUnknown; at = at->parent) {
      down.push_back(at);
    }
    for (auto at = down.rbegin(); at != down.rend(); ++at) {
      ++context_.progress.files_total;
      make(**at);
    }
  }
  return directory.state != Directory::State::kFailed;
}

void DirectoryMaker::make(Directory& directory) {
  const Directory::State parent = directory.parent->state;
  if (parent == Directory::State::kFailed || parent == Directory::State::kMissing) {
    directory.state = parent;
    return;
  }
  const bool made = context_.attempt(directory, "", [&] {
    const Directories::Handle handle = context_.directories.open(*directory.parent);
    if (!context_.options.dry_run) learn_inheritance(*directory.parent, handle->get());
    make_in(handle->get(), directory, parent == Directory::State::kFresh);
  });
  if (!made) directory.state = Directory::State::kFailed;
}

/// Throws when what is in the place of the directory is not to be replaced.
void DirectoryMaker::require_room(const Directory& directory, const struct stat& status) const {
  if (context_.may_overwrite(status, directory.metadata.mtime)) return;
  const bool is_never = context_.options.overwrite == Overwrite::kNever;
  throw Error(ErrorCode::kExists,
              fmt::format("there is {} in its place, which --overwrite {} leaves alone: nothing "
                          "below was restored, move it away and restore again",
                          name_of_type(status.st_mode), is_never ? "never" : "if-newer"));
}

void DirectoryMaker::make_in(int parent, Directory& directory, bool parent_is_fresh) {
  TargetFs& target = context_.target;
  const std::string& name = directory.name;
  std::optional<struct stat> status;
  if (!parent_is_fresh) status = target.stat(parent, name);
  if (status && S_ISDIR(status->st_mode)) {
    directory.state = open_up(parent, directory, *status);
    return;
  }
  if (status) require_room(directory, *status);
  if (context_.options.dry_run) {
    directory.state = Directory::State::kMissing;
    return;
  }
  if (status) target.remove(parent, name);
  target.make_directory(parent, name);
  if (directory.parent->inherits) {
    // It would pass them on to all below, or let others in when it gets its permissions.
    const UniqueFd fd = target.open_directory(parent, name);
    if (!fd) throw Error(ErrorCode::kIo, "it was removed when it had just been made");
    target.remove_inherited_lists(fd.get());
    directory.inherits = context_.metadata.has_attributes(fd.get());
  }
  directory.inherits_known = true;
  directory.state = Directory::State::kFresh;
}

/// A directory that is there may shut out its owner. It gets its own permissions in the end.
Directory::State DirectoryMaker::open_up(int parent, const Directory& directory,
                                         const struct stat& status) const {
  const bool usable = (status.st_mode & 0700) == 0700 || ::geteuid() == 0;
  if (usable || status.st_uid != ::geteuid()) return Directory::State::kExisting;
  if (!context_.options.dry_run) {
    context_.target.set_permissions(parent, directory.name, (status.st_mode & 07777) | 0700);
    return Directory::State::kExisting;
  }
  if ((status.st_mode & 0500) == 0500) return Directory::State::kExisting;
  context_.progress.report_warning(path_in(directory, ""),
                                   "its permissions hide what is in it, and a dry run changes "
                                   "none: all of it counts as missing");
  return Directory::State::kMissing;
}

}  // namespace snapfs
