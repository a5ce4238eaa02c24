// snapfs snapshots: lists what a repository holds.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/snapshot_table.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/tree/snapshot_groups.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

struct SnapshotsArguments {
  FilterOptions filter;
  std::int64_t latest = 0;  ///< 0 or less: all
  bool last = false;        ///< as if it were 1
  std::string group_by;     ///< empty: no groups
  bool compact = false;
  std::vector<std::string> ids;
};

/// The newest `count` of each group, in the order they had; 0 or less: all.
std::vector<Snapshot> keep_latest(std::vector<Snapshot> snapshots, std::int64_t count,
                                  const GroupBy& by) {
  if (count <= 0) return snapshots;
  std::map<GroupKey, std::int64_t> seen;
  std::vector<Snapshot> kept;
  for (auto snapshot = snapshots.rbegin(); snapshot != snapshots.rend(); ++snapshot) {
    if (seen[GroupKey::of(*snapshot, by)]++ < count) kept.push_back(std::move(*snapshot));
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

/// All of it, group by group when the user asked for groups.
std::string output_of(const std::vector<Snapshot>& selected, const SnapshotsArguments& arguments,
                      bool json) {
  const std::int64_t latest = arguments.last ? 1 : arguments.latest;
  const TableStyle style = arguments.compact ? TableStyle::kCompact : TableStyle::kFull;
  if (arguments.group_by.empty()) {
    std::vector<Snapshot> snapshots;
    for (auto& [key, all] : group_snapshots(selected, GroupBy{})) {
      snapshots = keep_latest(std::move(all), latest, GroupBy{.host = true, .paths = true});
    }
    if (json) return snapshots_json(snapshots) + "\n";
    return snapshots.empty() ? "no snapshots\n" : snapshot_table(snapshots, style);
  }
  const GroupBy by = GroupBy::parse(arguments.group_by);
  std::vector<std::string> parts;
  for (auto& [key, all] : group_snapshots(selected, by)) {
    const std::vector<Snapshot> members = keep_latest(std::move(all), latest, GroupBy{});
    if (json) {
      JsonObject object;
      object.raw("group_key", group_key_json(key)).raw("snapshots", snapshots_json(members));
      parts.push_back(object.finish());
    } else {
      parts.push_back(
          fmt::format("{}:\n{}", printable(key.text(by)), snapshot_table(members, style)));
    }
  }
  if (json) return fmt::format("[{}]\n", fmt::join(parts, ","));
  return parts.empty() ? "no snapshots\n" : fmt::format("{}", fmt::join(parts, "\n"));
}

ExitCode run_snapshots(const GlobalOptions& options, const SnapshotsArguments& arguments,
                       Signals& signals) {
  GroupBy::parse(arguments.group_by);  // a mistake shows before a password is asked for
  Session session(
      options, signals,
      lock_unless(options.no_lock,
                  WantedLock(LockMode::kShared).reading({FileKind::kSnapshot}).settling_later()));
  SnapshotChoice choice(options.json);
  const std::vector<Snapshot> snapshots =
      choice.choose(session.repository(), arguments.ids, arguments.filter, session.stop());
  session.require_lock();
  print(output_of(snapshots, arguments, options.json));
  return choice.finish();
}

}  // namespace

Command snapshots_command(GlobalOptions& options) {
  Command command("snapshots", "List the snapshots of a repository");
  SnapshotsArguments& arguments = bind_command(command, options, run_snapshots);
  command.take_all("ID", &arguments.ids,
                   "Only these: IDs, unambiguous beginnings of them, or \"latest\"");
  add_filter_options(command, arguments.filter);
  command.add("Which snapshots",
              Option("--last", &arguments.last, "").deprecated("use --latest 1"));
  command.add("Which snapshots", {"--latest", "N", &arguments.latest,
                                  "Only the newest N of each host and paths, or of each GROUP"});
  const char* const output = "Listing";
  command.add(output,
              {
                  {"-g,--group-by", "GROUP", &arguments.group_by,
                   "List them by host, paths and tags, or some of them: GROUP is host,paths"},
                  {"-c,--compact", &arguments.compact, "Leave out the paths; one tag a line"},
              });
  command.footer = R"(
Examples:
  snapfs snapshots                         # all of them, oldest first
  snapfs snapshots --host web1 --latest 1
  snapfs snapshots -g host,paths           # a list for each host and set of paths
  snapfs snapshots --json | jq -r '.[].id')";
  return command;
}

}  // namespace snapfs
