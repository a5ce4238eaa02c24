// What a run tells a monitoring system (--metrics): the figures that the command found, and how the
// run ended. The file that they go to is metrics_file.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/process/exit_code.h"
#include "fs/base/metric_set.h"
#include "fs/index/index.h"
#include "fs/time/timestamp.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

struct CheckVerdict;
struct DrillFigures;
struct PruneFigures;

/// Of one run of one command on one repository. Filled by the thread that runs the command.
class RunMetrics {
 public:
  /// Begins the run: its duration counts from here. `repository` holds no secret; `profile` is
  /// empty when none was named.
  RunMetrics(std::string command, std::string repository, std::string profile);

  /// A dry run changes nothing, so it is no run to be watched.
  void call_off() noexcept { called_off_ = true; }
  bool is_called_off() const noexcept { return called_off_; }

  /// Things that failed; they are counted in snapfs_run_errors.
  void count_errors(std::uint64_t errors) noexcept { errors_ += errors; }

  void add_snapshot(const Snapshot& snapshot);
  void add_prune(const PruneFigures& figures);
  void add_check(const CheckVerdict& verdict);
  void add_drill(const DrillFigures& figures);

  /// All snapshots that the repository has now: how many, and the newest, by host and paths.
  void add_groups(const std::vector<Snapshot>& snapshots);

  /// What the index lists of the repository.
  void add_size(const Index::Contents& contents);

  /// Everything, for a run that ended so at this time.
  MetricSet finish(ExitCode status, const Timestamp& now) const;

  /// Whether what was told earlier under these labels is about this command of this profile, or,
  /// for what is told of the repository as a whole, about this repository.
  bool replaces(const MetricLabels& labels) const;

 private:
  MetricLabels with(MetricLabels labels) const;

  const std::string command_;
  const std::string repository_;
  const std::string profile_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool called_off_ = false;
  std::uint64_t errors_ = 0;
  MetricSet figures_;
};

}  // namespace snapfs
