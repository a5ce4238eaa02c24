#include "fs/base/error.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace snapfs {

ErrorCode code_from_errno(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kExists;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ECANCELED:
      return ErrorCode::kCancelled;
    default:
      return ErrorCode::kIo;
  }
}

void throw_errno(int error, std::string_view action, std::string_view subject) {
  const std::string reason = std::generic_category().message(error);
  throw Error(code_from_errno(error), fmt::format("cannot {} {}: {}", action, subject, reason),
              std::string(subject));
}

Error cancelled_error() { return {ErrorCode::kCancelled, "the operation was cancelled"}; }

}  // namespace snapfs
