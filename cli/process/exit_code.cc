#include "cli/process/exit_code.h"

namespace snapfs {

ExitCode exit_code_for(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kNoRepository:
      return ExitCode::kNoRepository;
    case ErrorCode::kLocked:
      return ExitCode::kLocked;
    case ErrorCode::kWrongPassword:
      return ExitCode::kWrongPassword;
    case ErrorCode::kCancelled:
      return ExitCode::kInterrupted;
    case ErrorCode::kInternal:
    case ErrorCode::kUsage:
    case ErrorCode::kIo:
    case ErrorCode::kNotFound:
    case ErrorCode::kExists:
    case ErrorCode::kNoSpace:
    case ErrorCode::kPermission:
    case ErrorCode::kUnavailable:
    case ErrorCode::kWrongCredentials:
    case ErrorCode::kDamaged:
    case ErrorCode::kUnsupported:
    case ErrorCode::kOutOfResources:
      return ExitCode::kFatal;
  }
  return ExitCode::kFatal;
}

}  // namespace snapfs
