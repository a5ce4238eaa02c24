// A program run for its output, such as the one that knows the password, the one whose output is to
// be stored, or the one that knows the way to storage.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/file.h"
#include "fs/base/stop_token.h"
#include "fs/process/child_variables.h"

namespace snapfs {

/// A command line into words, as a shell does with quotes and backslashes; nothing is expanded.
/// `what` is how messages call it, such as "the password command". Throws Error{kUsage} for an open
/// quote or no word at all.
std::vector<std::string> split_command(std::string_view command, std::string_view what);

enum class ChildInput {
  kOurs,
  kNone,  ///< /dev/null
  kPipe,  ///< ends when the object does, and when we do
};

enum class ChildOutput {
  kPipe,
  kOurErrors,  ///< our standard error: standard output is for what we say ourselves
};

enum class ChildErrors { kOurs, kPipe };

/// What a Ctrl-C at the terminal, and a question that is asked there, have to do with the program.
enum class ChildTerminal {
  kOurs,  ///< the same as with us
  kNone,  ///< it has no terminal: a Ctrl-C leaves it to us when it ends, and it can ask nothing

  /// It is the program in front until take_terminal_back(): it may ask, and a Ctrl-C is for it
  /// alone. kNone where we have no terminal, or are not in front ourselves, or write into a pipe,
  /// of which the reader may be a pager.
  kLent,
};

struct ChildOptions {
  ChildInput input = ChildInput::kOurs;
  ChildOutput output = ChildOutput::kPipe;
  ChildErrors errors = ChildErrors::kOurs;
  ChildTerminal terminal = ChildTerminal::kOurs;

  /// Which of our variables it gets.
  ChildSecrets secrets = ChildSecrets::kOfStorage;

  /// "NAME=value", in the place of ours of that name.
  std::vector<std::string> variables = {};

  /// That it is started in; empty: ours.
  std::string directory = {};
};

/// A running program, of which the standard output is usually read through a pipe. It is started
/// with the signal mask and handlers that a new program expects, and with the variables of ours
/// that it may see.
class ChildProcess {
 public:
  /// `arguments` holds the program, looked for in PATH, and its arguments. Throws Error when it
  /// cannot be started.
  explicit ChildProcess(std::vector<std::string> arguments, const ChildOptions& options = {});
  /// Closes the pipes, takes the terminal back, and waits for the end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Our ends of the pipes, which block; -1 for those that were not asked for.
  int input() const noexcept { return input_.get(); }
  int output() const noexcept { return output_.get(); }
  int errors() const noexcept { return errors_.get(); }

  /// Its standard input ends.
  void close_input() noexcept { input_.reset(); }

  /// We are in front again, if the program was. A question that it asks from then on stops it.
  void take_terminal_back() noexcept;

  /// Waits for the end. The exit status; 128 + n when signal n ended it. Throws Error{kCancelled}
  /// when stopped first: the program runs on.
  int wait(const StopToken& stop = {});

  /// Ends the program, and what it has started itself when it does not share our terminal: SIGTERM,
  /// and SIGKILL when it has not ended within `grace`. Nothing when it has been waited for already.
  void terminate(std::chrono::milliseconds grace) noexcept;

 private:
  int reap() noexcept;
  void signal(int number) const noexcept;

  UniqueFd input_;
  UniqueFd output_;
  UniqueFd errors_;
  UniqueFd lent_terminal_;
  bool has_own_group_ = false;
  pid_t pid_ = -1;
};

}  // namespace snapfs
