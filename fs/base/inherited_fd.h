// Descriptors that somebody else may have made non-blocking: standard input, output and error are
// shared with whoever started us, and so is O_NONBLOCK, which is therefore never taken off them.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace snapfs {

/// read(2) that waits where a descriptor that does not block has nothing yet, and goes on when it
/// is interrupted. -1 with errno for any other failure.
ssize_t read_waiting(int fd, void* to, std::size_t size) noexcept;

/// The same of write(2): waits where there is no room, and may write less than everything.
ssize_t write_waiting(int fd, const void* from, std::size_t size) noexcept;

}  // namespace snapfs
