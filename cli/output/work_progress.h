// The progress of commands that work through a repository: one stage after the other, each with
// something to count. Snapshots have a richer one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "cli/output/progress_reporter.h"
#include "fs/base/synchronized.h"
#include "fs/maintain/progress.h"

namespace snapfs {

struct GlobalOptions;

/// Each step is a line on standard output; on terminals, what it counts is shown below. Nothing of
/// it with --quiet or --json. Thread-safe.
class WorkProgress final : public MaintenanceProgress {
 public:
  /// `options` must outlive it.
  explicit WorkProgress(const GlobalOptions& options);

  /// `units` is a literal.
  void begin(std::string_view step, std::string_view units, std::uint64_t total) override;
  void advance(std::uint64_t count) noexcept override;

  /// On standard error, also with --json.
  void warn(std::string_view message) override;

  /// Runs `print`, which writes whole lines, with the progress out of the way.
  void interject(const std::function<void()>& print) { reporter_.interject(print); }

 private:
  ProgressFigures figures() const;

  const GlobalOptions& options_;
  Synchronized<ProgressFigures> figures_;
  Synchronized<std::chrono::steady_clock::time_point> start_{std::chrono::steady_clock::now()};
  ProgressReporter reporter_;  ///< last: its thread looks at the others
};

}  // namespace snapfs
