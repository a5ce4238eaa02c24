// A program run for its output, such as the one that knows the password.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "fs/base/file.h"

namespace snapfs {

/// A command line into words, as a shell does with quotes and backslashes; nothing is expanded.
/// Throws Error{kUsage} for an open quote or no word at all.
std::vector<std::string> split_command(std::string_view command);

/// A running program whose standard output is read through a pipe; standard input and error are
/// ours. It is started with the signal mask and handlers that a new program expects.
class ChildProcess {
 public:
  /// `arguments` holds the program, looked for in PATH, and its arguments. Throws Error when it
  /// cannot be started.
  explicit ChildProcess(std::vector<std::string> arguments);
  /// Closes the pipe and waits for the end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int output() const noexcept { return output_.get(); }

  /// The exit status; 128 + n when signal n ended it.
  int wait();

 private:
  UniqueFd output_;
  pid_t pid_ = -1;
};

}  // namespace snapfs
