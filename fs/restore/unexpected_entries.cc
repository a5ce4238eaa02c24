#include "fs/restore/unexpected_entries.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

UnexpectedEntries::UnexpectedEntries(const RestoreContext& context) : context_(context) {
  Directory& root = context_.directories.root();
  if (root.state == Directory::State::kExisting) {
    target_device_ =
        FileIdentity::of(context_.target.stat(context_.directories.open(root)->get())).device;
  }
  root.partial = is_partial(root);
}

bool UnexpectedEntries::is_partial(const Directory& directory) const {
  return context_.options.remove_unexpected && context_.options.is_whole &&
         !context_.options.is_whole(path_in(directory, ""));
}

void UnexpectedEntries::note_mount(Directory& directory, int fd) const {
  if (!context_.options.remove_unexpected || directory.parent == nullptr) return;
  directory.mount = directory.parent->mount;
  if (directory.mount != nullptr || directory.state == Directory::State::kFresh) return;
  const TargetEntry entry = context_.target.look(fd);
  if (entry.is_mount || entry.identity.device != target_device_) directory.mount = &directory;
}

void UnexpectedEntries::note(Found& found, const std::vector<std::string>& expected) {
  if (!context_.options.remove_unexpected) return;
  Directory& directory = found.directory;
  if (directory.state == Directory::State::kUnknown) {
    // Nothing in it is restored, but something below it may be.
    try {
      found.handle = context_.directories.open(directory);
    } catch (const Error&) {
      return;
    }
  } else if (directory.state != Directory::State::kExisting) {
    return;
  }
  if (!found.handle) found.handle = context_.directories.open(directory);
  note_mount(directory, found.handle->get());
  std::vector<std::string> names = context_.target.list(found.handle->get());
  std::ranges::sort(names);
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::binary_search(expected, name) ||
           !context_.selection_of(directory, name, false).item;
  });
  if (names.empty()) return;
  if (directory.mount != nullptr) {
    if (!directory.mount->mount_told.exchange(true)) {
      context_.progress.report_warning(
          path_in(*directory.mount, ""),
          "another file system is mounted here, in which nothing was deleted: restore this "
          "directory by itself to do that");
    }
  } else if (directory.partial) {
    tell_of_outside(directory, names);
  } else {
    directory.unexpected = std::move(names);
  }
}

void UnexpectedEntries::tell_of_outside(const Directory& directory,
                                        const std::vector<std::string>& names) {
  // Of a list of many files every directory would be told of.
  constexpr std::size_t kTold = 10;
  const std::size_t number = outside_told_++;
  if (number > kTold) return;
  if (number == kTold) {
    return context_.progress.report_warning(
        path_in(directory, ""),
        "nor was anything deleted in this directory and in more "
        "that lie beside the snapshot's paths");
  }
  constexpr std::size_t kShown = 3;
  const std::size_t shown = std::min(names.size(), kShown);
  std::string list;
  for (std::size_t i = 0; i < shown; ++i) list += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > shown) list += fmt::format(" and {} more", names.size() - shown);
  context_.progress.report_warning(
      path_in(directory, ""),
      fmt::format("not deleted: {}; the snapshot is of other paths, and never had all that was in "
                  "this directory (--delete-outside-paths deletes it)",
                  list));
}

}  // namespace snapfs
