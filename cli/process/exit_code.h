// What the program's exit status says (FORMAT §23).
#pragma once

#include "fs/base/error.h"

namespace snapfs {

enum class ExitCode : int {
  kSuccess = 0,
  kFatal = 1,       ///< nothing was done, or not all that was asked for
  kIncomplete = 3,  ///< part of the source could not be read, or not all snapshots be removed
  kNoRepository = 10,
  kLocked = 11,
  kWrongPassword = 12,
  kInterrupted = 130,
  kOutputClosed = 141,  ///< as if SIGPIPE had ended it
};

/// The exit code of a command that ended with such an error.
ExitCode exit_code_for(ErrorCode code) noexcept;

}  // namespace snapfs
