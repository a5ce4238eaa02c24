#include "fs/base/inherited_fd.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace snapfs {
namespace {

/// Whether the failed call is to be made again; waits until that has a point.
bool try_again(int fd, short events) noexcept {
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  pollfd polled{fd, events, 0};
  // Whatever it says, the call itself knows better.
  return ::poll(&polled, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

ssize_t read_waiting(int fd, void* to, std::size_t size) noexcept {
  for (;;) {
    const ssize_t count = ::read(fd, to, size);
    if (count >= 0 || !try_again(fd, POLLIN)) return count;
  }
}

ssize_t write_waiting(int fd, const void* from, std::size_t size) noexcept {
  for (;;) {
    const ssize_t count = ::write(fd, from, size);
    if (count >= 0 || !try_again(fd, POLLOUT)) return count;
  }
}

}  // namespace snapfs
