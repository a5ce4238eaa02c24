// A command that goes on in the background once it is ready: two processes, of which the first
// waits for the second to be ready or to fail, and passes on how it went.
#pragma once

#include <functional>
#include <optional>

namespace snapfs {

struct BackgroundStart {
  /// In the first process: the status to exit with; the other one goes on, or has failed and said
  /// why. Empty in the second process, which does the work.
  std::optional<int> exit_status;

  bool was_killed = false;  ///< the other one, which could not say why it failed

  /// For the second process, to call when it is ready: it leaves the terminal, its standard streams
  /// become /dev/null, what it inherited is closed, `detached` is called, and the first process
  /// ends with status 0. From any thread, once. Throws Error.
  std::function<void()> detach;
};

/// Forks; call it before any thread is started. Until it detaches, the second process has the
/// terminal and gets the signals that the first one is sent. `detached` is for what a process
/// without a terminal does otherwise. Throws Error when it cannot.
BackgroundStart start_in_background(std::function<void()> detached);

}  // namespace snapfs
