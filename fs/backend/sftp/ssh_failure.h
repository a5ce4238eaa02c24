// Why there is no connection, as far as ssh says so: it tells people, in words, and programs only
// that it failed.
#pragma once

#include <string>
#include <string_view>

#include "fs/base/error.h"

namespace snapfs {

/// How the program that was to connect us ended.
struct SshEnd {
  std::string program;        ///< what it is called
  int status = 0;             ///< as ChildProcess::wait gives it
  std::string errors;         ///< the end of its standard error
  bool had_answered = false;  ///< whether the server had said that it speaks SFTP
};

/// Error{kWrongCredentials} when the server does not let us in or is another one than it was,
/// kUnsupported when it has no SFTP or the program cannot work, kUsage when ssh does not understand
/// what it was given, or nobody knows the host, kUnavailable for anything that may pass. With ssh's
/// own words.
Error ssh_failure(const SshEnd& end);

}  // namespace snapfs
