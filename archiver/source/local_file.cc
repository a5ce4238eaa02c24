// Opening and reading files that others may replace at any moment.
#include "archiver/source/local_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "archiver/source/local_xattr.h"

namespace snapfs {

namespace {

constexpr off_t kBlockSize = 512;  // of st_blocks, whatever the file system's is

class LocalFile final : public SourceFile {
 public:
  LocalFile(UniqueFd fd, const struct stat& status, std::string path, StopToken stop,
            std::optional<std::uint64_t> shown_device)
      : fd_(std::move(fd)),
        metadata_(SourceMetadata::from(status)),
        path_(std::move(path)),
        stop_(std::move(stop)),
        is_sparse_(status.st_blocks * kBlockSize < status.st_size) {
    if (shown_device) metadata_.device_id = *shown_device;
  }

  const SourceMetadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return path_; }

  std::size_t read(MutByteView out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = read_some(out.subspan(done), offset_ + done);
      if (count == 0) break;
      if (count > 0) {
        done += static_cast<std::size_t>(count);
      } else if (errno != EINTR) {
        throw source_error(errno, "read", path_);
      }
    }
    offset_ += done;
    return done;
  }

  std::uint64_t hole_at(std::uint64_t offset) noexcept override {
    if (!is_sparse_) return 0;
    // The end first: what is appended between the two calls is data behind it.
    const off_t end = ::lseek(fd_.get(), 0, SEEK_END);
    const off_t data = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
    if (data >= 0) return static_cast<std::uint64_t>(data) - offset;
    if (errno != ENXIO) return 0;
    return end > static_cast<off_t>(offset) ? static_cast<std::uint64_t>(end) - offset : 0;
  }

  void seek(std::uint64_t offset) noexcept override { offset_ = offset; }

  SourceMetadata current_metadata() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) throw source_error(errno, "stat", path_);
    SourceMetadata now = SourceMetadata::from(status);
    now.device_id = metadata_.device_id;  // an open file stays where it is
    return now;
  }

  void advise_sequential() noexcept override {
    ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  void prefetch() noexcept override { ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_WILLNEED); }

  SourceAttributes attributes() const override { return read_attributes(fd_.get(), path_); }

 private:
  /// As pread(2), but for files of which there is only the next piece: those of some file systems
  /// in user space. They may come slowly. One without anything to give at present is none that
  /// could be saved, such as the kernel's log; it fails with EAGAIN.
  ssize_t read_some(MutByteView out, std::uint64_t offset) {
    if (!is_stream_) {
      const ssize_t count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (count >= 0 || errno != ESPIPE) return count;
      is_stream_ = true;
      is_sparse_ = false;
    }
    throw_if_stopped(stop_);
    return ::read(fd_.get(), out.data(), out.size());
  }

  UniqueFd fd_;
  SourceMetadata metadata_;
  std::string path_;
  StopToken stop_;
  bool is_sparse_;
  bool is_stream_ = false;  ///< there is no way to seek in it
  std::uint64_t offset_ = 0;
};

/// Throws unless the descriptor is a regular file's.
struct stat stat_of_regular(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw source_error(errno, "stat", path);
  if (!S_ISREG(status.st_mode)) throw wrong_type_error(0, status.st_mode, "read as a file", path);
  return status;
}

/// For a file on which another process holds a lease: opening it without O_NONBLOCK waits until
/// the lease is given back. That it is a regular file is made sure of before.
UniqueFd open_leased(int dir_fd, const std::string& name, const std::string& path) {
  const UniqueFd place(::openat(dir_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!place) throw source_error(errno, "open", path);
  stat_of_regular(place.get(), path);
  return open_without_atime(AT_FDCWD, fmt::format("/proc/self/fd/{}", place.get()).c_str(),
                            O_RDONLY);
}

}  // namespace

UniqueFd open_without_atime(int dir_fd, const char* name, int flags) noexcept {
  int more = O_CLOEXEC | O_NOATIME;
  for (;;) {
    UniqueFd fd(::openat(dir_fd, name, flags | more));
    if (fd) return fd;
    if (errno == EPERM && (more & O_NOATIME) != 0) {
      more &= ~O_NOATIME;  // only a file's owner may ask for it
    } else if (errno != EINTR) {
      return fd;
    }
  }
}

std::unique_ptr<SourceFile> open_local_file(int dir_fd, const std::string& name, std::string path,
                                            StopToken stop,
                                            std::optional<std::uint64_t> shown_device) {
  UniqueFd fd =
      open_without_atime(dir_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!fd && errno == EWOULDBLOCK) fd = open_leased(dir_fd, name, path);
  if (!fd && errno == ELOOP) throw wrong_type_error(ELOOP, S_IFLNK, "read as a file", path);
  if (!fd) throw source_error(errno, "open", path);
  const struct stat status = stat_of_regular(fd.get(), path);
  return std::make_unique<LocalFile>(std::move(fd), status, std::move(path), std::move(stop),
                                     shown_device);
}

}  // namespace snapfs
