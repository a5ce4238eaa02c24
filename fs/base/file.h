// Thin, exact wrappers of POSIX file calls: interrupted calls are repeated, short transfers are
// continued, failures throw Error with the path.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "fs/base/bytes.h"

namespace snapfs {

/// Owns a file descriptor; -1 when empty.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// Closes the descriptor, if any, ignoring errors.
  void reset() noexcept;

 private:
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC. Throws when the file cannot be opened.
UniqueFd open_file(const std::string& path, int flags, unsigned mode = 0);

/// Writes all of `bytes` at the descriptor's position. `path` is for the message.
void write_all(int fd, ByteView bytes, const std::string& path);

/// Reads up to `out.size()` bytes at `offset`; fewer only at the end of the file.
std::size_t read_at(int fd, std::uint64_t offset, MutByteView out, const std::string& path);

/// The size of an open file in bytes.
std::uint64_t file_size(int fd, const std::string& path);

/// The whole file, which must not be larger than `limit_bytes`.
Bytes read_file(const std::string& path, std::uint64_t limit_bytes);

}  // namespace snapfs
