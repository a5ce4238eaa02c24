#include "fs/base/error.h"

#include <cerrno>
#include <new>
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
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
      return ErrorCode::kOutOfResources;
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

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorCode::kOutOfResources, "out of memory"};
  } catch (const std::system_error& error) {
    // A thread that cannot be started says EAGAIN, which means something else of a file.
    const int number = error.code().value();
    if (number == EAGAIN) {
      return {ErrorCode::kOutOfResources,
              "no thread can be started: there is not enough memory, or there are too many "
              "processes (ulimit -v, ulimit -u)"};
    }
    return {code_from_errno(number), error.what()};
  } catch (const std::exception& error) {
    return {ErrorCode::kInternal, error.what()};
  }
}

}  // namespace snapfs
