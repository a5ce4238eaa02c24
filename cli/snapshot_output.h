// What "snapfs snapshot" says while it runs and when it is done.
#pragma once

#include <chrono>
#include <string>

#include "archiver/progress.h"
#include "cli/progress_reporter.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

struct GlobalOptions;

/// The archiver's progress, shown to the user. Thread-safe.
class SnapshotOutput final : public Progress {
 public:
  /// `options` must outlive this.
  explicit SnapshotOutput(const GlobalOptions& options);

  /// The result, as text or as {"message_type":"summary",…}.
  void print_summary(const Snapshot& snapshot);

 private:
  void show_warning(const std::string& path, const std::string& message) override;
  ProgressFigures figures() const;

  const GlobalOptions& options_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ProgressReporter reporter_;  // last: its thread reads the others
};

/// The parts of print_summary, for tests.
std::string summary_text(const Snapshot& snapshot, std::chrono::milliseconds elapsed);
std::string summary_json(const Snapshot& snapshot, std::chrono::milliseconds elapsed);

}  // namespace snapfs
