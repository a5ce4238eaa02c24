// snapfs snapshot: takes one.
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "archiver/archiver.h"
#include "archiver/source/local.h"
#include "archiver/source/path.h"
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/filter_options.h"
#include "cli/global_options.h"
#include "cli/output.h"
#include "cli/quantity.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/snapshot_output.h"
#include "fs/base/timezone.h"
#include "fs/repo/identity.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

struct SnapshotArguments {
  std::vector<std::string> targets;
  std::vector<std::string> tags;
  std::string host;
  std::string time;
  std::string parent;
  bool force = false;
  bool with_atime = false;
  std::string pack_size;
};

std::size_t parse_pack_size(const SnapshotArguments& arguments) {
  const std::string text = !arguments.pack_size.empty()
                               ? arguments.pack_size
                               : environment_setting("PACK_SIZE").value_or("");
  if (text.empty()) return PackWriter::kDefaultTargetBytes;
  constexpr std::size_t kMin = PackWriter::kMinTargetBytes >> 20;
  constexpr std::size_t kMax = PackWriter::kMaxTargetBytes >> 20;
  std::size_t mebibytes = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, mebibytes);
  if (error != std::errc{} || stop != end || mebibytes < kMin || mebibytes > kMax) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no pack size: it is a number of MiB from {} to {}", text,
                            kMin, kMax));
  }
  return mebibytes << 20;
}

ZonedTime snapshot_time(const SnapshotArguments& arguments, const Clock& clock) {
  return TimeZone::local().at(arguments.time.empty() ? clock.now() : parse_time(arguments.time));
}

/// Everything but the parent, which needs the repository.
SnapshotRequest make_request(const SnapshotArguments& arguments, const SourceFs& source) {
  const Identity identity = Identity::of_process();
  if (arguments.force && !arguments.parent.empty()) {
    throw Error(ErrorCode::kUsage, "--force and --parent exclude each other: give one");
  }
  SnapshotRequest request;
  request.targets = resolve_targets(arguments.targets, current_directory(), source);
  request.with_atime = arguments.with_atime;
  request.pack_bytes = parse_pack_size(arguments);
  request.time = snapshot_time(arguments, SystemClock{});
  request.hostname = !arguments.host.empty()
                         ? arguments.host
                         : environment_setting("HOST").value_or(identity.hostname);
  request.username = identity.username;
  request.uid = identity.uid;
  request.gid = identity.gid;
  for (const std::string& list : arguments.tags) {
    for (std::string& tag : split_tags(list)) {
      if (!tag.empty()) request.tags.push_back(std::move(tag));
    }
  }
  request.program_version = "snapfs " SNAPFS_VERSION;
  return request;
}

/// The newest snapshot of this host with all the targets (FORMAT §13.3), or the one named.
std::optional<Snapshot> choose_parent(const std::vector<Snapshot>& snapshots,
                                      const SnapshotArguments& arguments,
                                      const SnapshotRequest& request) {
  if (arguments.force || request.targets.roots.empty()) return std::nullopt;
  SnapshotFilter filter;
  filter.hosts = {request.hostname};
  filter.paths = request.targets.paths;
  if (!arguments.parent.empty()) return find_snapshot(snapshots, arguments.parent, filter);
  return find_parent(snapshots, request.time.instant, filter);
}

void announce_parent(const GlobalOptions& options, const std::optional<Snapshot>& parent) {
  if (options.quiet || options.json) return;
  print(parent ? fmt::format("using parent snapshot {}\n\n", parent->id.short_hex())
               : "no parent snapshot: every file is read\n\n");
}

ExitCode run_snapshot(const GlobalOptions& options, const SnapshotArguments& arguments,
                      Signals& signals) {
  const LocalSource source;
  SnapshotRequest request = make_request(arguments, source);  // mistakes show before a password
  Session session(options, signals, LockMode::kShared);
  Repository& repository = session.repository();
  // Snapshots first: what a snapshot refers to is in an index that was there before it.
  request.parent = choose_parent(load_snapshots(repository, session.stop()), arguments, request);
  repository.load_index(session.stop());
  announce_parent(options, request.parent);
  request.scan = choose_progress_style(options.json, options.quiet) != ProgressStyle::kNone;

  request.before_commit = [&session] { session.require_lock(); };

  SnapshotOutput output(options);
  const Snapshot snapshot =
      create_snapshot(repository, source, session.clock(), request, output, session.stop());
  output.print_summary(snapshot);
  const std::uint64_t problems = output.errors;
  if (problems == 0) return ExitCode::kSuccess;
  print_exit_error(options.json, ExitCode::kIncomplete,
                   fmt::format("{} problem{}, named above: what could not be read is not in the "
                               "snapshot",
                               problems, problems == 1 ? "" : "s"));
  return ExitCode::kIncomplete;
}

void add_content_options(CLI::App& command, SnapshotArguments& arguments) {
  const char* const group = "The snapshot";
  command
      .add_option("--tag", arguments.tags, "Mark the snapshot with TAG[,TAG...] (may be repeated)")
      ->type_name("TAGS")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("-H,--host", arguments.host, "Record NAME as the host (or SNAPFS_HOST)")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--time", arguments.time, "Record TIME: \"2026-01-31 12:30:00\", or RFC 3339")
      ->type_name("TIME")
      ->group(group);
  command.add_option("--parent", arguments.parent, "Take unchanged files over from snapshot ID")
      ->type_name("ID")
      ->group(group);
  command.add_flag("-f,--force", arguments.force, "Read every file, changed or not")->group(group);
  command
      .add_flag("--with-atime", arguments.with_atime,
                "Store access times, not modification times in their place")
      ->group(group);
}

void add_storage_options(CLI::App& command, GlobalOptions& options, SnapshotArguments& arguments) {
  const char* const group = "How it is stored";
  command
      .add_option("--compression", options.compression,
                  "off, fastest, auto, better or max (or SNAPFS_COMPRESSION)")
      ->type_name("MODE")
      ->group(group);
  command
      .add_flag("--no-extra-verify", options.no_extra_verify,
                "Do not decrypt again and compare what was encrypted")
      ->group(group);
  command
      .add_option("--pack-size", arguments.pack_size,
                  "Size of the repository's files in MiB, 4 to 128 (or SNAPFS_PACK_SIZE)")
      ->type_name("SIZE")
      ->group(group);
}

}  // namespace

void add_snapshot_command(CLI::App& program, GlobalOptions& options, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("snapshot", "Take a snapshot of files and directories")
          ->alias("backup");
  const auto arguments = std::make_shared<SnapshotArguments>();
  command->add_option("PATH", arguments->targets, "What to take a snapshot of")
      ->required()
      ->type_name("");
  add_content_options(*command, *arguments);
  add_storage_options(*command, options, *arguments);
  add_global_options(*command, options);
  command->footer(R"(
Unchanged files are taken over from the newest snapshot of the same host and paths; they are
not even opened. What cannot be read is named and left out, and the exit status is 3.

Examples:
  snapfs snapshot ~/work
  snapfs snapshot --tag before-upgrade /etc /var/lib)");
  command->callback([&options, &chosen, arguments] {
    chosen = [&options, arguments](Signals& signals) {
      return run_snapshot(options, *arguments, signals);
    };
  });
}

}  // namespace snapfs
