// A program whose every change of a file is seen before it is done: by ptrace(2), at the calls that
// a seccomp filter picks out. It is the real program, and nothing in it knows of this.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/crash/file_event.h"

namespace snapfs::test {

struct Tracing {
  /// Only what lies at or below one of these counts, and what goes to the standard output. Real
  /// paths.
  std::vector<std::string> roots;

  /// Called before each change of a file, whether it is going to succeed or not; what is written
  /// is in no `data` here. False: the program is killed there, and the change is not made.
  std::function<bool(const FileEvent&)> before = {};

  /// Called after each change that succeeded, with everything in it. When it is given, changes are
  /// made one after the other, in the order in which they are told, whatever the program's threads
  /// do. Empty: they are made as the program makes them.
  std::function<void(const FileEvent&)> after = {};

  /// The thread that first opens a path that ends in `held` is kept there until another is about to
  /// sync one that ends in `held_until`. Empty: none is.
  std::string held = {};
  std::string held_until = {};
};

/// Runs it to its end and returns its status as a shell has it: 128 and the signal's number when
/// one ended it. Throws std::system_error when it cannot be run, std::runtime_error when it
/// changes a file in a way of which the events know nothing. Call it without other children.
int run_traced(const std::vector<std::string>& command, const Tracing& tracing);

}  // namespace snapfs::test
