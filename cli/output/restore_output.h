// What "snapfs restore" says while it runs and when it is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "cli/output/progress_reporter.h"
#include "fs/restore/progress.h"

namespace snapfs {

struct GlobalOptions;

/// The counts of a restore at one moment.
struct RestoreFigures {
  std::chrono::milliseconds elapsed{0};
  std::uint64_t files_total = 0;
  std::uint64_t files_restored = 0;
  std::uint64_t files_skipped = 0;
  std::uint64_t files_deleted = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_restored = 0;
  std::uint64_t bytes_skipped = 0;
};

/// A restore's progress, shown to the user. Thread-safe.
class RestoreOutput final : public RestoreProgress {
 public:
  /// `target` is the directory that paths of what is deleted are shown in. `stop_because` is called
  /// when nobody can be told of items any more. `options` must outlive this.
  RestoreOutput(const GlobalOptions& options, std::string target,
                std::function<void(std::string)> stop_because);

  bool wants_items() const noexcept override { return wants_items_; }
  void show_item(const RestoredItem& item) override;
  void report_warning(const std::string& path, const std::string& message) override;

  /// The result, as text or as {"message_type":"summary",…}.
  void print_summary();

 private:
  void show_error(const std::string& path, const std::string& message) override;
  std::string in_target(const std::string& path) const;
  RestoreFigures figures() const;
  ProgressFigures progress_figures() const;

  const GlobalOptions& options_;
  const std::string target_;
  const std::function<void(std::string)> stop_because_;
  const bool wants_items_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ProgressReporter reporter_;  // last: its thread reads the others
};

/// The parts of it, for tests; without newlines. `path` of an item is as it is shown.
std::string restored_item_text(const RestoredItem& item);
std::string restored_item_json(const RestoredItem& item);
std::string restore_status_json(const RestoreFigures& figures);
std::string restore_summary_text(const RestoreFigures& figures);
std::string restore_summary_json(const RestoreFigures& figures);

}  // namespace snapfs
