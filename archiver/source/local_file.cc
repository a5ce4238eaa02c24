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

class LocalFile final : public SourceFile {
 public:
  LocalFile(UniqueFd fd, Metadata metadata, std::string path)
      : fd_(std::move(fd)), metadata_(metadata), path_(std::move(path)) {}

  const Metadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return path_; }

  std::size_t read(MutByteView out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = ::read(fd_.get(), out.data() + done, out.size() - done);
      if (count == 0) break;
      if (count > 0) {
        done += static_cast<std::size_t>(count);
      } else if (errno != EINTR) {
        throw source_error(errno, "read", path_);
      }
    }
    return done;
  }

  void advise_sequential() noexcept override {
    ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  void prefetch() noexcept override { ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_WILLNEED); }

  SourceAttributes attributes() const override { return read_attributes(fd_.get(), path_); }

 private:
  UniqueFd fd_;
  Metadata metadata_;
  std::string path_;
};

/// Throws unless the descriptor is a regular file's.
Metadata metadata_of_regular(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw source_error(errno, "stat", path);
  const Metadata metadata = Metadata::from(status);
  if (!metadata.is_file()) {
    throw SourceError(0, fmt::format("{} is not a regular file any more, it was left out", path),
                      path);
  }
  return metadata;
}

/// For a file on which another process holds a lease: opening it without O_NONBLOCK waits until
/// the lease is given back. That it is a regular file is made sure of before.
UniqueFd open_leased(int dir_fd, const std::string& name, const std::string& path) {
  const UniqueFd place(::openat(dir_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!place) throw source_error(errno, "open", path);
  metadata_of_regular(place.get(), path);
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

std::unique_ptr<SourceFile> open_local_file(int dir_fd, const std::string& name, std::string path) {
  UniqueFd fd =
      open_without_atime(dir_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!fd && errno == EWOULDBLOCK) fd = open_leased(dir_fd, name, path);
  if (!fd) throw source_error(errno, "open", path);
  const Metadata metadata = metadata_of_regular(fd.get(), path);
  return std::make_unique<LocalFile>(std::move(fd), metadata, std::move(path));
}

}  // namespace snapfs
