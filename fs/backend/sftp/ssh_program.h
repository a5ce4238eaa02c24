// The program that connects, ssh or what stands in its place: its pipes, and what it says when it
// ends. What goes through the pipes is not its business.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/process/child_process.h"

namespace snapfs {

/// For one thread at a time. No pipe blocks.
class SshProgram {
 public:
  /// Throws Error: kUnsupported when it cannot be started, kOutOfResources, kCancelled.
  SshProgram(const std::vector<std::string>& command, bool may_ask, const StopToken& stop);

  /// As messages call it.
  const std::string& name() const noexcept { return name_; }

  int input() const { return child_->input(); }
  int output() const { return child_->output(); }

  /// Where it writes what is wrong; -1 when nothing more can come there.
  int errors() const { return errors_ended_ ? -1 : child_->errors(); }

  /// Takes in what it has written there.
  void read_errors();

  /// After it has closed its output: throws why, in its own words. `had_answered` tells whether an
  /// SFTP server was reached by then. Throws what ssh_failure() says, and kCancelled when it was
  /// interrupted as it asked for a password.
  [[noreturn]] void throw_end(bool had_answered);

  /// It has asked for all that it may ask for.
  void take_terminal_back() { child_->take_terminal_back(); }

  /// Ends it, unless it does so by itself within that time.
  void terminate(std::chrono::milliseconds grace) noexcept { child_->terminate(grace); }

 private:
  const std::string name_;
  std::unique_ptr<ChildProcess> child_;
  std::string said_;  ///< the end of what it wrote to its errors
  bool errors_ended_ = false;
};

}  // namespace snapfs
