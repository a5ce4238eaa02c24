#include "cli/output/run_metrics.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/output/drill_output.h"
#include "fs/maintain/check.h"
#include "fs/maintain/prune_plan.h"
#include "fs/tree/snapshot_groups.h"

namespace snapfs {
namespace {

constexpr std::string_view kGauge = "gauge";

constexpr MetricFamily kRunTime{"snapfs_run_timestamp_seconds", kGauge,
                                "When the command last ended, as seconds since the epoch."};
constexpr MetricFamily kSuccessTime{
    "snapfs_run_success_timestamp_seconds", kGauge,
    "When the command last ended with exit status 0, as seconds since the epoch."};
constexpr MetricFamily kDuration{"snapfs_run_duration_seconds", kGauge,
                                 "How long the last run took."};
constexpr MetricFamily kStatus{"snapfs_run_exit_status", kGauge,
                               "The exit status of the last run; snapfs(1) says what they mean."};
constexpr MetricFamily kErrors{"snapfs_run_errors", kGauge,
                               "Things that failed in the last run, each of which it named."};

constexpr MetricFamily kFiles{"snapfs_snapshot_files", kGauge,
                              "Files of the last snapshot, by what became of them since the "
                              "one before."};
constexpr MetricFamily kDirectories{"snapfs_snapshot_directories", kGauge,
                                    "Directories of the last snapshot, by what became of them "
                                    "since the one before."};
constexpr MetricFamily kProcessed{"snapfs_snapshot_processed_bytes", kGauge,
                                  "Content of all files of the last snapshot."};
constexpr MetricFamily kAdded{"snapfs_snapshot_added_bytes", kGauge,
                              "What the last snapshot had that the repository had not, before "
                              "compression."};
constexpr MetricFamily kStored{"snapfs_snapshot_stored_bytes", kGauge,
                               "What the last snapshot added to the repository."};

constexpr MetricFamily kRepositoryBytes{"snapfs_repository_bytes", kGauge,
                                        "Blobs that the repository's index lists, as they are "
                                        "stored."};
constexpr MetricFamily kRepositoryBlobs{"snapfs_repository_blobs", kGauge,
                                        "Blobs that the repository's index lists, by type."};
constexpr MetricFamily kSnapshots{"snapfs_repository_snapshots", kGauge,
                                  "Snapshots of a host and a set of paths."};
constexpr MetricFamily kNewest{"snapfs_repository_newest_snapshot_timestamp_seconds", kGauge,
                               "When the newest of them was taken, as seconds since the epoch."};

constexpr MetricFamily kPruned{"snapfs_prune_removed_bytes", kGauge,
                               "What the last prune removed."};
constexpr MetricFamily kUnused{"snapfs_prune_unused_bytes", kGauge,
                               "What no snapshot uses, and the last prune left."};

constexpr MetricFamily kSound{"snapfs_check_sound", kGauge,
                              "1 if the last check found the repository sound, 0 if not."};
constexpr MetricFamily kBroken{"snapfs_check_broken_packs", kGauge,
                               "Packs that the last check found broken."};
constexpr MetricFamily kRead{"snapfs_check_read_packs", kGauge,
                             "Packs whose data the last check read."};

constexpr MetricFamily kDrilled{"snapfs_drill_items", kGauge,
                                "Items of the last recovery drill, by what came of them."};
constexpr MetricFamily kDrilledBytes{"snapfs_drill_restored_bytes", kGauge,
                                     "Content that the last recovery drill restored."};

double seconds_of(const Timestamp& time) {
  return static_cast<double>(time.seconds) + static_cast<double>(time.nanoseconds) / 1e9;
}

}  // namespace

RunMetrics::RunMetrics(std::string command, std::string repository, std::string profile)
    : command_(std::move(command)),
      repository_(std::move(repository)),
      profile_(std::move(profile)) {}

MetricLabels RunMetrics::with(MetricLabels labels) const {
  labels.emplace("command", command_);
  labels.emplace("repository", repository_);
  if (!profile_.empty()) labels.emplace("profile", profile_);
  return labels;
}

bool RunMetrics::replaces(const MetricLabels& labels) const {
  // To Prometheus, too, a label that is not there is an empty one.
  const auto is = [&labels](const char* name, const std::string& value) {
    const auto label = labels.find(name);
    return (label != labels.end() ? label->second : "") == value;
  };
  if (!is("repository", repository_)) return false;
  return !labels.contains("command") || (is("command", command_) && is("profile", profile_));
}

void RunMetrics::add_snapshot(const Snapshot& snapshot) {
  if (!snapshot.summary) return;
  const SnapshotSummary& summary = *snapshot.summary;
  const auto states = [this](const MetricFamily& family, std::uint64_t fresh, std::uint64_t changed,
                             std::uint64_t unmodified) {
    figures_.set(family, with({{"state", "new"}}), fresh);
    figures_.set(family, with({{"state", "changed"}}), changed);
    figures_.set(family, with({{"state", "unmodified"}}), unmodified);
  };
  states(kFiles, summary.files_new, summary.files_changed, summary.files_unmodified);
  states(kDirectories, summary.dirs_new, summary.dirs_changed, summary.dirs_unmodified);
  figures_.set(kProcessed, with({}), summary.total_bytes_processed);
  figures_.set(kAdded, with({}), summary.data_added);
  figures_.set(kStored, with({}), summary.data_added_packed);
}

void RunMetrics::add_prune(const PruneFigures& figures) {
  figures_.set(kPruned, with({}), figures.pruned_bytes());
  figures_.set(kUnused, with({}), figures.unused_bytes_after());
  figures_.set(kRepositoryBytes, {{"repository", repository_}}, figures.remaining_bytes());
}

void RunMetrics::add_check(const CheckVerdict& verdict) {
  count_errors(verdict.errors);
  figures_.set(kSound, with({}), std::uint64_t{verdict.sound() ? 1U : 0U});
  figures_.set(kBroken, with({}), std::uint64_t{verdict.broken_packs.size()});
  figures_.set(kRead, with({}), std::uint64_t{verdict.packs_read});
}

void RunMetrics::add_drill(const DrillFigures& figures) {
  count_errors(figures.different + figures.unreadable + figures.closed);
  const auto outcome = [this](DrillOutcome outcome, std::uint64_t count) {
    figures_.set(kDrilled, with({{"outcome", std::string(word_of(outcome))}}), count);
  };
  outcome(DrillOutcome::kCompared, figures.compared);
  outcome(DrillOutcome::kChanged, figures.changed);
  outcome(DrillOutcome::kGone, figures.gone);
  outcome(DrillOutcome::kUncompared, figures.uncompared);
  outcome(DrillOutcome::kClosed, figures.closed);
  outcome(DrillOutcome::kDifferent, figures.different);
  outcome(DrillOutcome::kUnreadable, figures.unreadable);
  figures_.set(kDrilledBytes, with({}), figures.bytes);
}

void RunMetrics::add_groups(const std::vector<Snapshot>& snapshots) {
  std::vector<Snapshot> complete = snapshots;
  std::erase_if(complete, is_partial);
  for (const auto& [key, members] : group_snapshots(complete, GroupBy::parse("host,paths"))) {
    const MetricLabels labels = {{"repository", repository_},
                                 {"host", key.hostname},
                                 {"paths", fmt::format("{}", fmt::join(key.paths, ","))}};
    const auto newest = std::ranges::max_element(
        members, {}, [](const Snapshot& snapshot) { return snapshot.time.instant; });
    figures_.set(kSnapshots, labels, std::uint64_t{members.size()});
    figures_.set(kNewest, labels, seconds_of(newest->time.instant));
  }
}

void RunMetrics::add_size(const Index::Contents& contents) {
  std::uint64_t bytes = 0;
  for (const BlobTable& table : contents.tables) {
    table.for_each([&bytes](const TableEntry& entry) { bytes += entry.length; });
  }
  figures_.set(kRepositoryBytes, {{"repository", repository_}}, bytes);
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    figures_.set(kRepositoryBlobs,
                 {{"repository", repository_}, {"type", type == BlobType::kData ? "data" : "tree"}},
                 std::uint64_t{contents.tables.at(static_cast<std::size_t>(type)).size()});
  }
}

MetricSet RunMetrics::finish(ExitCode status, const Timestamp& now) const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  MetricSet all = figures_;
  all.set(kRunTime, with({}), seconds_of(now));
  if (status == ExitCode::kSuccess) all.set(kSuccessTime, with({}), seconds_of(now));
  all.set(kDuration, with({}), elapsed.count());
  all.set(kStatus, with({}), static_cast<std::uint64_t>(status));
  // A run that ended early failed at something that it did not count.
  const bool uncounted = errors_ == 0 && status != ExitCode::kSuccess;
  all.set(kErrors, with({}), uncounted ? 1 : errors_);
  return all;
}

}  // namespace snapfs
