#include "archiver/source/source_error.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace snapfs {
namespace {

std::string_view type_name(std::uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "a regular file";
    case S_IFDIR:
      return "a directory";
    case S_IFLNK:
      return "a symbolic link";
    case S_IFIFO:
      return "a pipe";
    case S_IFSOCK:
      return "a socket";
    case S_IFBLK:
    case S_IFCHR:
      return "a device";
    default:
      return "of no known type";
  }
}

}  // namespace

SourceError source_error(int error_number, std::string_view action, const std::string& path) {
  const std::string reason = std::generic_category().message(error_number);
  switch (error_number) {
    case EMFILE:
    case ENFILE:
      throw Error(ErrorCode::kOutOfResources,
                  fmt::format("{}: cannot {}: {}; allow more with ulimit -n", path, action, reason),
                  path);
    case ENOMEM:
      throw Error(ErrorCode::kOutOfResources,
                  fmt::format("{}: cannot {}: {}", path, action, reason), path);
    default:
      break;
  }
  return {error_number, fmt::format("cannot {}: {}", action, reason), path};
}

SourceError wrong_type_error(int error_number, std::uint32_t mode, std::string_view action,
                             const std::string& path) {
  return {error_number, fmt::format("cannot {}: it is {}", action, type_name(mode)), path};
}

}  // namespace snapfs
