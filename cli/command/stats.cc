// snapfs stats: how much is in snapshots.
#include "fs/look/stats.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/word_choice.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"

namespace snapfs {
namespace {

const std::vector<std::string> kModes = {"restore-size", "files-by-contents", "blobs-per-file",
                                         "raw-data"};

struct StatsArguments {
  std::vector<std::string> ids;
  FilterOptions filter;
  std::string mode = kModes.front();
};

/// What is shown, in both forms at once: figures that are 0 are left out but for the size.
class StatsReport {
 public:
  StatsReport(std::string_view mode, std::size_t snapshots) {
    text_ = fmt::format("Stats in {} mode:\n", mode);
    line("Snapshots processed", fmt::format("{}", snapshots));
  }

  void blobs(std::uint64_t count) { figure("total_blob_count", "Total Blob Count", count); }
  void files(std::uint64_t count) { figure("total_file_count", "Total File Count", count); }

  void size(std::uint64_t bytes) {
    json_.number("total_size", bytes);
    line("Total Size", fmt::format("{:<5}", format_size(bytes)));
  }

  void uncompressed_size(std::uint64_t bytes) {
    if (bytes == 0) return;
    json_.number("total_uncompressed_size", bytes);
    line("Total Uncompressed Size", fmt::format("{:<5}", format_size(bytes)));
  }

  void compression(const RawData& data) {
    if (const auto ratio = data.compression_ratio()) {
      json_.real("compression_ratio", *ratio);
      json_.real("compression_progress", data.compression_progress());
      line("Compression Progress", fmt::format("{:.2f}%", data.compression_progress()));
      line("Compression Ratio", fmt::format("{:.2f}x", *ratio));
    }
    if (data.space_saving() == 0) return;
    json_.real("compression_space_saving", data.space_saving());
    line("Compression Space Saving", fmt::format("{:.2f}%", data.space_saving()));
  }

  std::string json(std::size_t snapshots) {
    return json_.number("snapshots_count", snapshots).finish() + "\n";
  }
  const std::string& text() const noexcept { return text_; }

 private:
  void figure(std::string_view key, std::string_view title, std::uint64_t count) {
    if (count == 0) return;
    json_.number(key, count);
    line(title, fmt::format("{}", count));
  }

  void line(std::string_view title, std::string_view value) {
    text_ += fmt::format("{:>24}:  {}\n", title, value);
  }

  JsonObject json_;
  std::string text_;
};

void measure(StatsReport& report, const std::string& mode, Session& session,
             const std::vector<Id>& roots) {
  Repository& repository = session.repository();
  if (mode == "raw-data") {
    const RawData data = raw_data(repository, roots, session.stop());
    report.blobs(data.blobs);
    report.uncompressed_size(data.uncompressed_bytes);
    report.size(data.bytes);
    report.compression(data);
  } else if (mode == "blobs-per-file") {
    const BlobsPerFile counts = blobs_per_file(repository, roots, session.stop());
    report.blobs(counts.blobs);
    report.files(counts.files);
    report.size(counts.bytes);
  } else {
    const RestoreSize size = mode == "files-by-contents"
                                 ? unique_contents(repository, roots, session.stop())
                                 : restore_size(repository, roots, session.stop());
    report.files(size.files);
    report.size(size.bytes);
  }
}

ExitCode run_stats(const GlobalOptions& options, const StatsArguments& arguments,
                   Signals& signals) {
  Session session(
      options, signals,
      lock_unless(options.no_lock,
                  WantedLock(LockMode::kShared).reading(kSnapshotsAndIndex).settling_later()));
  SnapshotChoice choice(options.json);
  const std::vector<Snapshot> snapshots =
      choice.choose(session.repository(), arguments.ids, arguments.filter, session.stop());
  load_index_to_read(options, session);
  session.require_lock();
  std::vector<Id> roots;
  roots.reserve(snapshots.size());
  for (const Snapshot& snapshot : snapshots) roots.push_back(snapshot.tree);
  StatsReport report(arguments.mode, roots.size());
  measure(report, arguments.mode, session, roots);
  print(options.json ? report.json(roots.size()) : report.text());
  return choice.finish();
}

}  // namespace

Command stats_command(GlobalOptions& options) {
  Command command("stats", "Count what is in snapshots");
  StatsArguments& arguments = bind_command(command, options, run_stats);
  command.take_all("ID", &arguments.ids,
                   "Only these: IDs, unambiguous beginnings of them, or \"latest\"");
  command.add(
      "Counting",
      Option("--mode", "MODE", one_of(kModes, &arguments.mode),
             "restore-size (what it takes to restore each), files-by-contents (each "
             "content once), blobs-per-file, or raw-data (what they take in the repository)")
          .otherwise("restore-size"));
  add_filter_options(command, arguments.filter);
  command.footer = R"(
Examples:
  snapfs stats latest                      # how much would be restored?
  snapfs stats --mode raw-data             # how much space does all of it take?)";
  return command;
}

}  // namespace snapfs
