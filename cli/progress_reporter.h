// Shows a run's progress a few times a second, and lets other lines through in between.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "cli/progress_line.h"

namespace snapfs {

enum class ProgressStyle {
  kNone,
  kLine,  ///< one line on standard error, rewritten; for terminals
  kJson,  ///< lines of JSON on standard output
};

/// Calls `figures` from a thread of its own; it must be thread-safe. The line is gone when the
/// reporter is.
class ProgressReporter {
 public:
  using Source = std::function<ProgressFigures()>;

  ProgressReporter(ProgressStyle style, std::chrono::milliseconds interval, Source figures);
  ~ProgressReporter();
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;

  /// Runs `print`, which writes whole lines, with the progress line out of the way. Thread-safe.
  void interject(const std::function<void()>& print);

 private:
  void run();
  void show();
  void clear_line();

  ProgressStyle style_;
  std::chrono::milliseconds interval_;
  Source figures_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  bool line_shown_ = false;
  std::thread thread_;
};

/// What suits the options and the terminal.
ProgressStyle choose_progress_style(bool json, bool quiet);

/// How long to wait between two updates: four a second, or what PROGRESS_FPS says.
std::chrono::milliseconds progress_interval();

}  // namespace snapfs
