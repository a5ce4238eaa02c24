#include "cli/process/process_limits.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

namespace snapfs {

void open_standard_streams() noexcept {
  for (;;) {
    // The lowest number that is free.
    const int fd = ::open("/dev/null", O_RDWR);
    if (fd < 0) return;
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
  }
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

void return_large_buffers() noexcept {
  constexpr int kLargeBytes = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  // Setting one fixes the other at 128 KiB, which would be given back and fetched again all the
  // time.
  constexpr int kSpareBytes = 4 << 20;
  ::mallopt(M_TRIM_THRESHOLD, kSpareBytes);
}

void reuse_large_buffers() noexcept {
  constexpr int kKeptBytes = 20 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  constexpr int kSpareBytes = 24 << 20;
  ::mallopt(M_TRIM_THRESHOLD, kSpareBytes);
}

}  // namespace snapfs
