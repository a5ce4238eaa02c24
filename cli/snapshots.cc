// snapfs snapshots: lists what a repository holds.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/filter_options.h"
#include "cli/global_options.h"
#include "cli/json_object.h"
#include "cli/output.h"
#include "cli/quantity.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/table.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

struct SnapshotsArguments {
  FilterOptions filter;
  std::uint64_t latest = 0;  ///< 0: all
  bool no_lock = false;
  std::vector<std::string> ids;
};

/// Those the user asked for by ID, or all that the filter matches; oldest first.
std::vector<Snapshot> select(const std::vector<Snapshot>& all,
                             const SnapshotsArguments& arguments) {
  const SnapshotFilter filter = arguments.filter.filter();
  std::vector<Snapshot> selected;
  if (arguments.ids.empty()) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(selected),
                 [&filter](const Snapshot& snapshot) { return filter.matches(snapshot); });
  }
  for (const std::string& id : arguments.ids) {
    const Snapshot& found = find_snapshot(all, id, filter);
    const auto same = [&found](const Snapshot& other) { return other.id == found.id; };
    if (std::none_of(selected.begin(), selected.end(), same)) selected.push_back(found);
  }
  return selected;
}

/// The newest `count` of each host and set of paths, in the order they had.
std::vector<Snapshot> keep_latest(std::vector<Snapshot> snapshots, std::uint64_t count) {
  std::map<std::pair<std::string, std::vector<std::string>>, std::uint64_t> seen;
  std::vector<Snapshot> kept;
  for (auto snapshot = snapshots.rbegin(); snapshot != snapshots.rend(); ++snapshot) {
    std::vector<std::string> paths = snapshot->paths;
    std::sort(paths.begin(), paths.end());
    if (seen[{snapshot->hostname, std::move(paths)}]++ < count) {
      kept.push_back(std::move(*snapshot));
    }
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

std::string json_array(const std::vector<Snapshot>& snapshots) {
  std::string out = "[";
  for (const Snapshot& snapshot : snapshots) {
    if (out.size() > 1) out += ',';
    std::string fields;
    append_snapshot_fields(fields, snapshot);
    JsonObject object;
    object.members(fields).text("id", snapshot.id.hex()).text("short_id", snapshot.id.short_hex());
    out += object.finish();
  }
  return out + "]\n";
}

std::string table_of(const std::vector<Snapshot>& snapshots) {
  if (snapshots.empty()) return "no snapshots\n";
  const bool sizes = std::any_of(snapshots.begin(), snapshots.end(),
                                 [](const Snapshot& s) { return s.summary.has_value(); });
  std::vector<std::string> titles = {"ID", "Time", "Host", "Tags", "Paths"};
  if (sizes) titles.emplace_back("Size");
  Table table(std::move(titles));
  for (const Snapshot& snapshot : snapshots) {
    std::vector<std::string> row = {snapshot.id.short_hex(),
                                    format_local_time(snapshot.time.instant), snapshot.hostname,
                                    fmt::format("{}", fmt::join(snapshot.tags, ",")),
                                    fmt::format("{}", fmt::join(snapshot.paths, "\n"))};
    if (sizes) {
      row.push_back(snapshot.summary ? format_size(snapshot.summary->total_bytes_processed) : "");
    }
    table.add_row(std::move(row));
  }
  return fmt::format("{}Timestamps shown in local time\n{} snapshot{}\n", table.text(),
                     snapshots.size(), snapshots.size() == 1 ? "" : "s");
}

ExitCode run_snapshots(const GlobalOptions& options, const SnapshotsArguments& arguments,
                       Signals& signals) {
  Session session(options, signals,
                  arguments.no_lock ? std::nullopt : std::optional(LockMode::kShared));
  std::size_t damaged = 0;
  const auto warn = [&damaged](const Id&, const Error& error) {
    ++damaged;
    print_error(error.what());
  };
  std::vector<Snapshot> snapshots =
      select(load_snapshots(session.repository(), session.stop(), warn), arguments);
  if (arguments.latest > 0) snapshots = keep_latest(std::move(snapshots), arguments.latest);
  print(options.json ? json_array(snapshots) : table_of(snapshots));
  if (damaged == 0) return ExitCode::kSuccess;
  print_exit_error(options.json, ExitCode::kFatal,
                   fmt::format("{} damaged snapshot file{} not listed", damaged,
                               damaged == 1 ? " is" : "s are"));
  return ExitCode::kFatal;
}

}  // namespace

void add_snapshots_command(CLI::App& program, GlobalOptions& options, Command& chosen) {
  CLI::App* command = program.add_subcommand("snapshots", "List the snapshots of a repository");
  const auto arguments = std::make_shared<SnapshotsArguments>();
  command
      ->add_option("ID", arguments->ids,
                   "Only these: IDs, unambiguous beginnings of them, or \"latest\"")
      ->type_name("");
  add_filter_options(*command, arguments->filter);
  command->add_option("--latest", arguments->latest, "Only the newest N of each host and paths")
      ->type_name("N")
      ->group("Which snapshots");
  add_global_options(*command, options);
  command->add_flag("--no-lock", arguments->no_lock, "Take no lock, for read-only storage")
      ->group("Repository");
  command->footer(R"(
Examples:
  snapfs snapshots                         all of them, oldest first
  snapfs snapshots --host web1 --latest 1
  snapfs snapshots --json | jq -r '.[].id')");
  command->callback([&options, &chosen, arguments] {
    chosen = [&options, arguments](Signals& signals) {
      return run_snapshots(options, *arguments, signals);
    };
  });
}

}  // namespace snapfs
