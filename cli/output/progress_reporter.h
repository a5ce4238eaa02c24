// Shows a run's progress a few times a second, and lets other lines through in between.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "cli/output/progress_line.h"

namespace snapfs {

enum class ProgressStyle {
  kNone,
  kLines,  ///< a few lines on standard error, rewritten; for terminals
  kLog,    ///< one line after the other on standard error
  kJson,   ///< lines of JSON on standard output
};

/// Calls `figures` from a thread of its own; it must be thread-safe. Lines on a terminal are
/// gone when the reporter is.
class ProgressReporter {
 public:
  using Source = std::function<ProgressFigures()>;
  using ToJson = std::function<std::string(const ProgressFigures&)>;

  /// `to_json` makes the lines of kJson.
  ProgressReporter(ProgressStyle style, std::chrono::milliseconds interval, Source figures,
                   ToJson to_json = progress_json);
  ~ProgressReporter();
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;

  /// Runs `print`, which writes whole lines, with the progress lines out of the way. Thread-safe.
  void interject(const std::function<void()>& print);

 private:
  void run();
  void show();
  void clear_lines();

  ProgressStyle style_;
  std::chrono::milliseconds interval_;
  Source figures_;
  ToJson to_json_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::size_t lines_shown_ = 0;
  std::thread thread_;
};

/// What suits the options and the terminal: without one there is nothing to see, unless
/// PROGRESS_FPS asks for it.
ProgressStyle choose_progress_style(bool json, bool quiet);

/// How long to wait between two updates: four a second, or what PROGRESS_FPS says.
std::chrono::milliseconds progress_interval();

}  // namespace snapfs
