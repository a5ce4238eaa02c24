#include "archiver/source/local_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "archiver/source/local_file.h"
#include "archiver/source/local_xattr.h"
#include "fs/base/path.h"

namespace snapfs {

namespace {

// Whose setxattr is known to set the change time. Network and user-space file systems promise
// nothing, and tmpfs did not do it for long.
constexpr std::array<decltype(statfs::f_type), 3> kCtimeCoversAttributes = {
    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC};

bool system_covers_attributes_by_ctime(int fd) noexcept {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return false;
  return std::ranges::find(kCtimeCoversAttributes, status.f_type) != kCtimeCoversAttributes.end();
}

/// The names that getdents64(2) yields from where the descriptor stands.
std::vector<std::string> read_names(int fd, const std::string& path) {
  constexpr std::size_t kBufferSize = 32 << 10;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferSize);
  std::vector<std::string> names;
  for (;;) {
    const ssize_t size = ::getdents64(fd, buffer.get(), kBufferSize);
    if (size < 0) throw source_error(errno, "list the directory", path);
    if (size == 0) break;
    for (ssize_t at = 0; at < size;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer.get() + at);
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") names.emplace_back(name);
      at += entry->d_reclen;
    }
  }
  std::ranges::sort(names);
  return names;
}

/// Why `name` cannot be opened: in the place of a directory there may be something else by now.
SourceError directory_error(int error_number, int dir_fd, const std::string& name,
                            const std::string& path) {
  struct stat status {};
  if ((error_number == ENOTDIR || error_number == ELOOP) &&
      ::fstatat(dir_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      !S_ISDIR(status.st_mode)) {
    return wrong_type_error(error_number, status.st_mode, "open as a directory", path);
  }
  return source_error(error_number, "open the directory", path);
}

/// `follow` is 0 or O_NOFOLLOW.
UniqueFd open_directory(int dir_fd, const std::string& name, const std::string& path,
                        int follow = O_NOFOLLOW) {
  UniqueFd fd = open_without_atime(dir_fd, name.c_str(), O_RDONLY | O_DIRECTORY | follow);
  if (!fd) {
    const int error_number = errno;
    if (follow == 0) throw source_error(error_number, "open the directory", path);
    throw directory_error(error_number, dir_fd, name, path);
  }
  return fd;
}

}  // namespace

UniqueFd open_place(int dir_fd, const std::string& name, const std::string& path) {
  UniqueFd fd(::openat(dir_fd, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw source_error(errno, "enter the directory", path);
  return fd;
}

SourceMetadata lstat_at(int dir_fd, const std::string& name, const std::string& dir_path) {
  struct stat status {};
  if (::fstatat(dir_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    throw source_error(errno, "stat", join_path(dir_path, name));
  }
  return SourceMetadata::from(status);
}

std::vector<std::string> list_local_directory(const std::string& path) {
  return read_names(open_directory(AT_FDCWD, path, path, 0).get(), path);
}

LocalDir::LocalDir(UniqueFd fd, Kind kind, std::string path, const LocalDir* above, StopToken stop,
                   std::optional<std::uint64_t> shown_device)
    : fd_(std::move(fd)),
      kind_(kind),
      path_(std::move(path)),
      stop_(std::move(stop)),
      shown_device_(shown_device) {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) throw source_error(errno, "stat", path_);
  metadata_ = shown(SourceMetadata::from(status));
  const bool same_system = above != nullptr && above->metadata_.device_id == metadata_.device_id;
  ctime_covers_attributes_ =
      same_system ? above->ctime_covers_attributes_ : system_covers_attributes_by_ctime(fd_.get());
}

std::vector<std::string> LocalDir::list() {
  if (kind_ == Kind::kPlace) {
    return read_names(open_directory(fd_.get(), ".", path_).get(), path_);
  }
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0) throw source_error(errno, "rewind", path_);
  return read_names(fd_.get(), path_);
}

SourceMetadata LocalDir::lstat(const std::string& name) const {
  return shown(lstat_at(fd_.get(), name, path_));
}

std::unique_ptr<SourceFile> LocalDir::open_file(const std::string& name) const {
  return open_local_file(fd_.get(), name, child(name), stop_, shown_device_);
}

std::unique_ptr<SourceDir> LocalDir::open_dir(const std::string& name) const {
  return open_below(name);
}

std::unique_ptr<SourceDir> LocalDir::enter(const std::string& name) const {
  return enter_below(name);
}

std::unique_ptr<LocalDir> LocalDir::open_below(const std::string& name) const {
  std::string path = child(name);
  UniqueFd fd = open_directory(fd_.get(), name, path);
  return std::make_unique<LocalDir>(std::move(fd), Kind::kListable, std::move(path), this, stop_,
                                    shown_device_);
}

std::unique_ptr<LocalDir> LocalDir::enter_below(const std::string& name) const {
  std::string path = child(name);
  UniqueFd fd = open_place(fd_.get(), name, path);
  return std::make_unique<LocalDir>(std::move(fd), Kind::kPlace, std::move(path), this, stop_,
                                    shown_device_);
}

std::string LocalDir::read_link(const std::string& name) const {
  std::string target(256, '\0');
  for (;;) {
    const ssize_t size = ::readlinkat(fd_.get(), name.c_str(), target.data(), target.size());
    if (size < 0) throw source_error(errno, "read the symbolic link", child(name));
    if (static_cast<std::size_t>(size) < target.size()) {
      target.resize(static_cast<std::size_t>(size));
      return target;
    }
    target.resize(2 * target.size());
  }
}

SourceAttributes LocalDir::attributes(const std::string& name) const {
  return read_attributes_at(fd_.get(), name, child(name));
}

SourceAttributes LocalDir::attributes() const {
  return kind_ == Kind::kPlace ? read_attributes_of_path_fd(fd_.get(), path_)
                               : read_attributes(fd_.get(), path_);
}

std::string LocalDir::child(const std::string& name) const { return join_path(path_, name); }

SourceMetadata LocalDir::shown(SourceMetadata metadata) const noexcept {
  if (shown_device_) metadata.device_id = *shown_device_;
  return metadata;
}

}  // namespace snapfs
