// What "snapfs snapshot" says while it runs and when it is done.
#pragma once

#include <chrono>
#include <string>

#include "archiver/progress.h"
#include "cli/output/current_files.h"
#include "cli/output/progress_reporter.h"
#include "cli/output/snapshot_paths.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

struct GlobalOptions;

/// How the result is presented.
struct SummaryStyle {
  bool dry_run = false;  ///< nothing was written
  bool verbose = false;  ///< numbers of blobs, too
};

/// The archiver's progress, shown to the user. Thread-safe.
class SnapshotOutput final : public Progress {
 public:
  /// `options` must outlive this; `paths` says what items are called.
  SnapshotOutput(const GlobalOptions& options, SnapshotPaths paths, bool dry_run);

  bool wants_items() const noexcept override { return wants_items_; }
  void show_item(const ItemReport& item) override;

  /// Of a stream, whose failure ends the run: for programs only, as people read of it in the end.
  void show_stream_failure(const std::string& path, const std::string& message);

  /// The result, as text or as {"message_type":"summary",…}.
  void print_summary(const Snapshot& snapshot);

 private:
  void rule_failed(const std::string& path, const std::string& message) override;
  void left_out(const std::string& path, const std::string& message) override;
  void show_warning(const std::string& path, const std::string& message) override;
  void show_note(const std::string& path, const std::string& message) override;
  void show_scan() override;
  void begin_file(const CurrentFile& file) override { current_files_.begin(file); }
  void end_file(const CurrentFile& file) noexcept override { current_files_.end(file); }
  ProgressFigures figures() const;

  const GlobalOptions& options_;
  const SnapshotPaths paths_;
  const SummaryStyle style_;
  const bool wants_items_;
  CurrentFiles current_files_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ProgressReporter reporter_;  // last: its thread reads the others
};

/// The last line of a run with `problems`, after `missing` of which something is not saved. Its
/// beginning is what programs look for in restic's output.
std::string problems_text(std::uint64_t problems, std::uint64_t missing);

/// The parts of print_summary, for tests.
std::string summary_text(const Snapshot& snapshot, std::chrono::milliseconds elapsed,
                         const SummaryStyle& style);
std::string summary_json(const Snapshot& snapshot, std::chrono::milliseconds elapsed,
                         const SummaryStyle& style);

}  // namespace snapfs
