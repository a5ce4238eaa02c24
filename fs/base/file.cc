#include "fs/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/inherited_fd.h"

namespace snapfs {

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

UniqueFd open_file(const std::string& path, int flags, unsigned mode) {
  for (;;) {
    UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (fd) return fd;
    if (errno != EINTR) throw_errno(errno, (flags & O_CREAT) != 0 ? "create" : "open", path);
  }
}

void write_all(int fd, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write_waiting(fd, bytes.data(), bytes.size());
    if (written < 0) throw_errno(errno, "write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

namespace {

/// Fills `out` by calls of `read_some(place, room, done)`, which is read(2) or pread(2); fewer
/// bytes only at the end.
template <class ReadSome>
std::size_t fill(MutByteView out, const std::string& path, const ReadSome& read_some) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = read_some(out.data() + done, out.size() - done, done);
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno(errno, "read", path);
    }
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

std::size_t read_stream(int fd, MutByteView out, const std::string& path) {
  return fill(out, path, [fd](std::uint8_t* place, std::size_t room, std::size_t) {
    return read_waiting(fd, place, room);
  });
}

}  // namespace

std::size_t read_at(int fd, std::uint64_t offset, MutByteView out, const std::string& path) {
  return fill(out, path, [fd, offset](std::uint8_t* place, std::size_t room, std::size_t done) {
    return ::pread(fd, place, room, static_cast<off_t>(offset + done));
  });
}

std::uint64_t file_size(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno(errno, "examine", path);
  return static_cast<std::uint64_t>(status.st_size);
}

Bytes read_file(const std::string& path, std::uint64_t limit_bytes) {
  const UniqueFd fd = open_file(path, O_RDONLY);
  // One byte more than the size, so that the first read already meets the end. Pipes and /proc
  // have no size: they are read in steps.
  constexpr std::uint64_t kLeastStep = 4096;
  std::uint64_t step = std::max(file_size(fd.get(), path) + 1, kLeastStep);
  Bytes bytes;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + std::min(step, limit_bytes - before + 1));
    const std::size_t count = read_stream(fd.get(), MutByteView(bytes).subspan(before), path);
    const bool at_end = before + count < bytes.size();
    bytes.resize(before + count);
    if (bytes.size() > limit_bytes) {
      throw Error(ErrorCode::kDamaged,
                  fmt::format("{} is larger than the {} bytes expected", path, limit_bytes), path);
    }
    if (at_end) return bytes;
    step = kLeastStep * 16;
  }
}

}  // namespace snapfs
