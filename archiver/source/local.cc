// Directories of this machine, walked by descriptors (openat and its relatives).
#include "archiver/source/local.h"

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

UniqueFd open_place(int dir_fd, const std::string& name, const std::string& path) {
  UniqueFd fd(::openat(dir_fd, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw source_error(errno, "enter the directory", path);
  return fd;
}

/// The path of the directory is for the message only.
SourceMetadata lstat_at(int dir_fd, const std::string& name, const std::string& dir_path) {
  struct stat status {};
  if (::fstatat(dir_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    throw source_error(errno, "stat", join_path(dir_path, name));
  }
  return SourceMetadata::from(status);
}

class LocalDir final : public SourceDir {
 public:
  enum class Kind { kListable, kPlace };  // a place was opened with O_PATH

  /// `above` is the directory that this one is in, or null.
  LocalDir(UniqueFd fd, Kind kind, std::string path, const LocalDir* above, StopToken stop)
      : fd_(std::move(fd)), kind_(kind), path_(std::move(path)), stop_(std::move(stop)) {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) throw source_error(errno, "stat", path_);
    metadata_ = SourceMetadata::from(status);
    const bool same_system = above != nullptr && above->metadata_.device_id == metadata_.device_id;
    ctime_covers_attributes_ = same_system ? above->ctime_covers_attributes_
                                           : system_covers_attributes_by_ctime(fd_.get());
  }

  const SourceMetadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return path_; }

  std::vector<std::string> list() override {
    if (kind_ == Kind::kPlace) {
      return read_names(open_directory(fd_.get(), ".", path_).get(), path_);
    }
    if (::lseek(fd_.get(), 0, SEEK_SET) < 0) throw source_error(errno, "rewind", path_);
    return read_names(fd_.get(), path_);
  }

  SourceMetadata lstat(const std::string& name) const override {
    return lstat_at(fd_.get(), name, path_);
  }

  std::unique_ptr<SourceFile> open_file(const std::string& name) const override {
    return open_local_file(fd_.get(), name, child(name), stop_);
  }

  std::unique_ptr<SourceDir> open_dir(const std::string& name) const override {
    std::string path = child(name);
    UniqueFd fd = open_directory(fd_.get(), name, path);
    return std::make_unique<LocalDir>(std::move(fd), Kind::kListable, std::move(path), this, stop_);
  }

  std::unique_ptr<SourceDir> enter(const std::string& name) const override {
    std::string path = child(name);
    UniqueFd fd = open_place(fd_.get(), name, path);
    return std::make_unique<LocalDir>(std::move(fd), Kind::kPlace, std::move(path), this, stop_);
  }

  bool ctime_covers_attributes() const noexcept override { return ctime_covers_attributes_; }

  std::string read_link(const std::string& name) const override {
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

  SourceAttributes attributes(const std::string& name) const override {
    return read_attributes_at(fd_.get(), name, child(name));
  }

  SourceAttributes attributes() const override {
    return kind_ == Kind::kPlace ? read_attributes_of_path_fd(fd_.get(), path_)
                                 : read_attributes(fd_.get(), path_);
  }

 private:
  std::string child(const std::string& name) const { return join_path(path_, name); }

  UniqueFd fd_;
  Kind kind_;
  std::string path_;
  StopToken stop_;
  SourceMetadata metadata_;
  bool ctime_covers_attributes_ = false;
};

}  // namespace

std::unique_ptr<SourceDir> LocalSource::enter(const std::string& path) const {
  return std::make_unique<LocalDir>(open_place(AT_FDCWD, path, path), LocalDir::Kind::kPlace, path,
                                    nullptr, stop_);
}

SourceMetadata LocalSource::lstat(const std::string& path) const {
  return lstat_at(AT_FDCWD, path, ".");
}

std::vector<std::string> LocalSource::list(const std::string& path) const {
  return read_names(open_directory(AT_FDCWD, path, path, 0).get(), path);
}

}  // namespace snapfs
