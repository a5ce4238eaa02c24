#include "fs/backend/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

std::string_view name_of_type(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    case S_IFDIR:
      return "a directory";
    case S_IFBLK:
    case S_IFCHR:
      return "a device";
    default:
      return "something unknown";
  }
}

}  // namespace

/// Not kDamaged and not kNotFound: what should be there may be elsewhere, whole.
void throw_other_than_file(const std::string& path, std::string_view what) {
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("{} is {}, not a file of a repository: put the file there, or remove what "
                  "is in its place",
                  path, what),
      path);
}

void require_regular(unsigned mode, const std::string& path) {
  if (!S_ISREG(mode)) throw_other_than_file(path, name_of_type(mode));
}

void require_absent(int error, const char* action, const std::string& path) {
  struct stat status {};
  const bool is_link = ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
  if (is_link && (error == ENOENT || error == ENOTDIR || error == ELOOP)) {
    throw_other_than_file(path, "a link that leads nowhere");
  }
  if (error != ENOENT && error != ENOTDIR) throw_errno(error, action, path);
}

UniqueFd open_regular_file(const std::string& path) {
  // Without O_NONBLOCK a FIFO waits for somebody who writes to it. Files know no such thing.
  UniqueFd fd;
  for (;;) {
    fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd) break;
    const int error = errno;
    if (error == EINTR) continue;
    struct stat status {};
    // A socket cannot be opened at all, a device perhaps not.
    if (::stat(path.c_str(), &status) == 0) require_regular(status.st_mode, path);
    require_absent(error, "open", path);
    throw_errno(error, "open", path);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno(errno, "examine", path);
  require_regular(status.st_mode, path);
  return fd;
}

}  // namespace snapfs
