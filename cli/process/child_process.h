// A program run for its output, such as the one that knows the password, or the one whose output is
// to be stored.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/file.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// A command line into words, as a shell does with quotes and backslashes; nothing is expanded.
/// Throws Error{kUsage} for an open quote or no word at all.
std::vector<std::string> split_command(std::string_view command);

enum class ChildInput {
  kOurs,
  kNone,  ///< /dev/null
};

/// A running program whose standard output is read through a pipe; standard error is ours. It is
/// started with the signal mask and handlers that a new program expects, and with our environment
/// but for variables that end in _PASSWORD or _PASSWORD2.
class ChildProcess {
 public:
  /// `arguments` holds the program, looked for in PATH, and its arguments. Throws Error when it
  /// cannot be started.
  explicit ChildProcess(std::vector<std::string> arguments, ChildInput input = ChildInput::kOurs);
  /// Closes the pipe and waits for the end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int output() const noexcept { return output_.get(); }

  /// Waits for the end. The exit status; 128 + n when signal n ended it. Throws Error{kCancelled}
  /// when stopped first: the program runs on.
  int wait(const StopToken& stop = {});

  /// Ends the program: SIGTERM, and SIGKILL when it has not ended within `grace`. Nothing when it
  /// has been waited for already.
  void terminate(std::chrono::milliseconds grace) noexcept;

 private:
  int reap() noexcept;

  UniqueFd output_;
  pid_t pid_ = -1;
};

}  // namespace snapfs
