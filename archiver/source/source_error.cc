#include "archiver/source/source_error.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace snapfs {

SourceError source_error(int error_number, std::string_view action, std::string_view path) {
  const std::string reason = std::generic_category().message(error_number);
  switch (error_number) {
    case EMFILE:
    case ENFILE:
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot {} {}: {}; allow more with ulimit -n", action, path, reason));
    case ENOMEM:
      throw Error(ErrorCode::kIo, fmt::format("cannot {} {}: {}", action, path, reason));
    default:
      break;
  }
  return {error_number, fmt::format("cannot {} {}: {}", action, path, reason), std::string(path)};
}

}  // namespace snapfs
