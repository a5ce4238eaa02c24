// What "snapfs drill" says while it runs and when it is done.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/output/progress_reporter.h"
#include "fs/base/id.h"
#include "fs/drill/drill.h"

namespace snapfs {

struct GlobalOptions;

/// The counts of a drill. Each item is in one of them.
struct DrillFigures {
  std::uint64_t compared = 0;
  std::uint64_t changed = 0;
  std::uint64_t gone = 0;
  std::uint64_t uncompared = 0;
  std::uint64_t closed = 0;
  std::uint64_t different = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t bytes = 0;  ///< of content, that were restored
  std::chrono::milliseconds elapsed{0};

  /// Items that came back as they should.
  std::uint64_t restored() const noexcept {
    return compared + changed + gone + uncompared + closed;
  }
  std::uint64_t all() const noexcept { return restored() + different + unreadable; }
};

/// What was to be drilled.
struct DrillTask {
  Id snapshot = {};
  std::uint64_t seed = 0;
  std::uint64_t items = 0;          ///< of the sample
  std::uint64_t items_total = 0;    ///< from which it was chosen
  std::uint64_t content_bytes = 0;  ///< of the sample
};

/// A drill's progress, shown to the user. Thread-safe.
class DrillOutput final : public DrillListener {
 public:
  /// `stop_because` is called when nobody can be told of items any more. `options` must outlive
  /// this.
  DrillOutput(const GlobalOptions& options, const DrillTask& task,
              std::function<void(std::string)> stop_because);

  void item(const std::string& path, DrillOutcome outcome, const std::string& reason) override;

  DrillFigures figures() const;

  /// The result, as text or as {"message_type":"summary",…}.
  void print_summary();

 private:
  ProgressFigures progress_figures() const;
  void show(const std::string& path, DrillOutcome outcome, const std::string& reason);

  const GlobalOptions& options_;
  const DrillTask task_;
  const std::function<void(std::string)> stop_because_;
  std::atomic<std::uint64_t> counts_[static_cast<std::size_t>(DrillOutcome::kUnreadable) + 1] = {};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ProgressReporter reporter_;  // last: its thread reads the others
};

/// "compared", "changed_since" and so on, as JSON and --verbose call it.
std::string_view word_of(DrillOutcome outcome) noexcept;

/// "100 of 51234 items (812.300 MiB), seed 4711".
std::string drill_task_text(const DrillTask& task);

/// The parts of print_summary, for tests; without newlines.
std::string drill_summary_text(const DrillFigures& figures);
std::string drill_summary_json(const DrillTask& task, const DrillFigures& figures);

}  // namespace snapfs
