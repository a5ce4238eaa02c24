// snapfs log: what became of one file or directory from snapshot to snapshot.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/json_object.h"
#include "cli/output/node_text.h"
#include "cli/output/output.h"
#include "cli/output/text_output.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/base/path.h"
#include "fs/look/path_history.h"
#include "fs/time/local_time.h"
#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"
#include "fs/tree/node_json.h"
#include "fs/tree/snapshot_groups.h"
#include "mount/model/view.h"

namespace snapfs {
namespace {

struct LogArguments {
  std::string path;
  std::vector<std::string> ids;
  FilterOptions filter;
  bool reverse = false;
};

/// Snapshots of one host and set of paths: what is gone in one of them was there in the other.
struct Series {
  GroupKey key;
  std::vector<std::size_t> members;   ///< indexes, ascending by time
  std::vector<PathVersion> versions;  ///< with indexes into `members`
};

/// The series in the order of their first snapshots.
std::vector<Series> divide(const std::vector<Snapshot>& snapshots) {
  constexpr GroupBy kHostAndPaths{.host = true, .paths = true};
  std::map<GroupKey, Series> found;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    GroupKey key = GroupKey::of(snapshots[i], kHostAndPaths);
    Series& series = found[key];
    series.key = std::move(key);
    series.members.push_back(i);
  }
  std::vector<Series> all;
  all.reserve(found.size());
  for (auto& [key, series] : found) all.push_back(std::move(series));
  std::ranges::sort(all, {}, [](const Series& series) { return series.members.front(); });
  return all;
}

/// The name of each snapshot below the mount's "snapshots" directory.
std::vector<std::string> mount_names(const std::vector<Snapshot>& snapshots) {
  std::vector<std::string> names(snapshots.size());
  const View view = build_view(snapshots, std::span(&kSnapshotsTemplate, 1));
  for (const auto& [path, directory] : view.directories) {
    for (const ViewEntry& entry : directory.entries) {
      if (entry.kind == ViewEntry::Kind::kSnapshot) {
        names[entry.snapshot] = path.empty() ? entry.name : path + "/" + entry.name;
      }
    }
  }
  return names;
}

std::vector<std::string_view> changes_of(const PathVersion& version) {
  if (!version.node) return {"removed"};
  std::vector<std::string_view> changes;
  if (version.appeared) changes.push_back("appeared");
  if (version.type) changes.push_back("type");
  if (version.content) changes.push_back("content");
  if (version.metadata) changes.push_back("metadata");
  return changes;
}

/// One version with all that is shown of it.
struct LogEntry {
  const PathVersion& version;
  const Snapshot& first;
  const Snapshot& last;
  std::size_t snapshots;
  std::string path;
  std::string mount_path;  ///< empty for what is gone
};

std::string json_of(const LogEntry& entry) {
  JsonObject object;
  std::vector<std::string> changes;
  for (const std::string_view change : changes_of(entry.version)) changes.emplace_back(change);
  object.text("message_type", "version").text("path", entry.path);
  object.text("time", format_rfc3339(entry.first.time)).text("snapshot", entry.first.id.hex());
  object.text("short_id", entry.first.id.short_hex()).text("hostname", entry.first.hostname);
  object.texts("changes", changes).number("snapshots", entry.snapshots);
  object.text("last_time", format_rfc3339(entry.last.time));
  object.text("last_snapshot", entry.last.id.hex());
  if (const std::optional<Node>& node = entry.version.node) {
    const auto time = [](Timestamp moment) { return format_rfc3339(TimeZone::local().at(moment)); };
    object.text("type", type_name(node->type));
    if (node->type == NodeType::kFile) object.number("size", node->size);
    object.text("permissions", mode_text(node->type, node->permissions));
    object.number("uid", node->uid).number("gid", node->gid).text("mtime", time(node->mtime));
    object.text("mount_path", entry.mount_path);
  }
  return object.finish() + "\n";
}

std::string line_of(const LogEntry& entry, const TextOutput& output) {
  std::string line = fmt::format("{}  {}  {:<17}", format_local_time(entry.first.time.instant),
                                 entry.first.id.short_hex(),
                                 fmt::format("{}", fmt::join(changes_of(entry.version), ",")));
  if (const std::optional<Node>& node = entry.version.node) {
    const std::string size = node->type == NodeType::kFile ? format_size(node->size)
                                                           : std::string(type_name(node->type));
    line += fmt::format("  {:>11}  {}  {}", size, format_local_time(node->mtime),
                        output.name(entry.mount_path));
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// Everything that the command knows before it prints.
class Log {
 public:
  Log(std::vector<Snapshot> snapshots, std::string path, const std::vector<std::string>& names)
      : snapshots_(std::move(snapshots)), path_(std::move(path)), names_(names) {}

  /// Returns how often the path is there or gone.
  std::size_t look(Repository& repository, const StopToken& stop,
                   const PathUnreadable& unreadable) {
    std::vector<Id> roots;
    for (const Snapshot& snapshot : snapshots_) roots.push_back(snapshot.tree);
    const std::vector<PathState> states =
        states_of_path(repository, roots, path_, stop, unreadable);
    std::size_t versions = 0;
    for (Series& series : divide(snapshots_)) {
      std::vector<PathState> own;
      for (const std::size_t member : series.members) own.push_back(states[member]);
      series.versions = versions_of_path(own);
      versions += series.versions.size();
      if (!series.versions.empty()) series_.push_back(std::move(series));
    }
    return versions;
  }

  void print(TextOutput& output, bool json, bool reverse) {
    bool first = true;
    for (Series& series : series_) {
      if (!json && series_.size() > 1) {
        output.write(
            fmt::format("{}host {}, paths {}:\n", std::exchange(first, false) ? "" : "\n",
                        output.name(series.key.hostname),
                        output.name(fmt::format("{}", fmt::join(series.key.paths, ", ")))));
      }
      if (reverse) std::ranges::reverse(series.versions);
      for (const PathVersion& version : series.versions) {
        const LogEntry shown = entry(series, version);
        output.write(json ? json_of(shown) : line_of(shown, output));
      }
    }
    output.finish();
  }

 private:
  LogEntry entry(const Series& series, const PathVersion& version) const {
    const std::size_t first = series.members[version.first];
    const std::size_t last = series.members[version.last];
    const std::string place = path_ == "/" ? names_[first] : names_[first] + path_;
    return {version, snapshots_[first],        snapshots_[last], version.last - version.first + 1,
            path_,   version.node ? place : ""};
  }

  std::vector<Snapshot> snapshots_;
  const std::string path_;
  const std::vector<std::string>& names_;
  std::vector<Series> series_;
};

/// The names of those in `chosen`, which are some of `all`.
std::vector<std::string> names_among(const std::vector<Snapshot>& all,
                                     const std::vector<Snapshot>& chosen) {
  const std::vector<std::string> names = mount_names(all);
  std::vector<std::string> result;
  for (const Snapshot& snapshot : chosen) {
    const auto place = std::ranges::lower_bound(all, snapshot, is_earlier);
    result.push_back(names[static_cast<std::size_t>(place - all.begin())]);
  }
  return result;
}

ExitCode run_log(const GlobalOptions& options, const LogArguments& arguments, Signals& signals) {
  Session session(
      options, signals,
      lock_unless(options.no_lock,
                  WantedLock(LockMode::kShared).reading(kSnapshotsAndIndex).settling_later()));
  SnapshotChoice choice(options.json);
  const std::vector<Snapshot> all = choice.load(session.repository(), session.stop());
  std::vector<Snapshot> snapshots = choice.among(all, arguments.ids, arguments.filter);
  std::erase_if(snapshots, is_partial);
  const std::vector<std::string> names = names_among(all, snapshots);
  load_index_to_read(options, session);
  session.require_lock();

  const std::string path = clean_path("/" + arguments.path);
  bool complete = true;
  const auto unreadable = [&](const Id& tree, const Error& error) {
    complete = false;
    print_warning(
        options.json, tree.hex(),
        fmt::format("tree {}: this directory was passed over: {}", tree.short_hex(), error.what()));
  };
  Log log(std::move(snapshots), path, names);
  const std::size_t versions = log.look(session.repository(), session.stop(), unreadable);
  TextOutput output;
  log.print(output, options.json, arguments.reverse);
  if (versions == 0) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("no snapshot has {}: \"snapfs find\" looks for names everywhere", path),
                path);
  }
  if (complete) return choice.finish();
  print_exit_error(options.json, ExitCode::kFatal,
                   "the list is not complete; \"snapfs check\" says whether anything is lost");
  return ExitCode::kFatal;
}

}  // namespace

Command log_command(GlobalOptions& options) {
  Command command("log", "Show every version of a file or directory");
  LogArguments& arguments = bind_command(command, options, run_log);
  command.take("PATH", &arguments.path, "Its absolute path in the snapshots");
  command.add("Which snapshots", {"-s,--snapshot", "ID", &arguments.ids,
                                  "Only these snapshots: IDs or \"latest\" (may be repeated)"});
  command.add("Listing", {"-R,--reverse", &arguments.reverse, "Begin with the newest version"});
  add_filter_options(command, arguments.filter);
  command.footer = R"(
A line for each version: when the first snapshot that has it was taken, what is new about it, its
size, when it was modified, and where "snapfs mount" shows it. Snapshots of another host, or of
other paths, are a history of their own.

Examples:
  snapfs log /home/me/report.odt
  snapfs log --host web1 /etc/passwd
  cp ~/mnt/snapshots/2026-11-01T10:00:00+01:00/home/me/report.odt .)";
  return command;
}

}  // namespace snapfs
