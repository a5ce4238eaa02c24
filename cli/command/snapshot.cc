// snapfs snapshot: takes one.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "archiver/archiver.h"
#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/exclude_options.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/option/setting.h"
#include "cli/option/snapshot_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/output/snapshot_output.h"
#include "cli/process/signals.h"
#include "cli/session/parent_choice.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_source.h"
#include "fs/base/path.h"
#include "fs/repo/identity.h"
#include "fs/time/local_time.h"
#include "fs/time/timezone.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

ZonedTime snapshot_time(const SnapshotOptions& options) {
  return TimeZone::local().at(options.time.empty() ? SystemClock{}.now()
                                                   : parse_time(options.time));
}

/// Everything but the parent, which needs the repository.
SnapshotRequest make_request(const GlobalOptions& global, const SnapshotOptions& options,
                             const TargetTree& targets, const ZonedTime& time) {
  const Identity identity = Identity::of_process();
  SnapshotRequest request;
  request.selection = options.excludes.selection(global, current_directory());
  request.excludes = options.excludes.patterns;
  request.targets = targets;
  request.unchanged = {options.ignore_ctime, options.ignore_inode};
  request.skip_if_unchanged = options.skip_if_unchanged;
  request.with_atime = options.with_atime;
  request.pack_bytes = global.pack_bytes();
  request.read_concurrency = options.read_concurrency_count();
  request.time = time;
  request.hostname = setting(options.host, "HOST").value_or("");
  if (request.hostname.empty()) request.hostname = identity.hostname;
  request.username = identity.username;
  request.uid = identity.uid;
  request.gid = identity.gid;
  request.tags = options.tag_list();
  request.program_version = "snapfs " SNAPFS_VERSION;
  return request;
}

/// Standard input is read whole in any case; a command's output has a parent to be compared with.
bool wants_parent(const GlobalOptions& global, const SnapshotOptions& options,
                  const SnapshotRequest& request) {
  if (options.force || request.targets.roots.empty()) return false;
  return !global.stdin_is_data;
}

void announce_parent(const GlobalOptions& global, const SnapshotRequest& request) {
  if (global.quiet || global.json || global.stdin_is_data) return;
  for (const Snapshot& partial : request.partial) {
    print(fmt::format("going on from partial snapshot {}\n", partial.id.short_hex()));
  }
  if (request.parent) {
    print(fmt::format("using parent snapshot {}\n", request.parent->id.short_hex()));
  } else if (request.partial.empty()) {
    print("no parent snapshot: every file is read\n");
  }
}

/// What was not frozen matters to whoever asked for that, and so does what was removed.
void announce_frozen(const GlobalOptions& global, const FrozenSources& sources) {
  for (const auto* const lines : {&sources.failures, &sources.stuck}) {
    for (const std::string& line : *lines) print_warning(global.json, "", line);
  }
  if (global.quiet) return;
  if (global.json) {
    JsonObject object;
    object.text("message_type", "source_snapshot").texts("frozen", sources.taken);
    object.texts("not_frozen", sources.left_as_is).texts("leftovers_removed", sources.leftovers);
    return print(object.finish() + "\n");
  }
  for (const std::string& name : sources.leftovers) {
    print(fmt::format("removed {}, the snapshot of a file system that a killed run had left\n",
                      name));
  }
  if (global.verbosity > 0) {
    print(fmt::format("reading from snapshots of {}\n", fmt::join(sources.taken, ", ")));
  }
  if (!sources.left_as_is.empty()) {
    print(fmt::format("read as they are, not from snapshots: {}\n",
                      fmt::join(sources.left_as_is, ", ")));
  }
}

/// Whatever happens, the snapshots of file systems go before the lock does.
class FrozenWhileReading {
 public:
  FrozenWhileReading(const GlobalOptions& global, SnapshotSource& source, Session& session,
                     SnapshotRequest& request)
      : source_(source) {
    const Timestamp before = session.clock().now();
    source.freeze(request.selection, session.stop());
    if (!source.frozen()) return;
    request.frozen_at = before;
    request.targets = source.targets();
    announce_frozen(global, *source.frozen());
  }
  ~FrozenWhileReading() { source_.thaw(); }
  FrozenWhileReading(const FrozenWhileReading&) = delete;
  FrozenWhileReading& operator=(const FrozenWhileReading&) = delete;

 private:
  SnapshotSource& source_;
};

/// Counting is for those who look at the count.
bool wants_scan(const GlobalOptions& global, const SnapshotOptions& options) {
  if (options.no_scan || global.quiet) return false;
  return global.verbosity > 0 ||
         choose_progress_style(global.json, global.quiet) != ProgressStyle::kNone;
}

void measure(const GlobalOptions& global, const SnapshotOptions& options, Session& session,
             std::vector<Snapshot> snapshots, const Snapshot& snapshot,
             const SnapshotOutput& output) {
  if (!global.metrics) return;
  if (options.dry_run) return global.metrics->call_off();
  RunMetrics& metrics = *global.metrics;
  metrics.count_errors(output.errors);
  metrics.add_snapshot(snapshot);
  // One that would only repeat its parent may not have been written.
  if (!snapshot.id.is_null()) snapshots.push_back(snapshot);
  metrics.add_groups(snapshots);
  metrics.add_size(session.repository().index().contents());
}

ExitCode finish(const GlobalOptions& global, const SnapshotOutput& output) {
  const std::uint64_t problems = output.errors;
  if (problems == 0) return ExitCode::kSuccess;
  print_exit_error(global.json, ExitCode::kIncomplete, problems_text(problems, output.missing));
  return ExitCode::kIncomplete;
}

/// A stream that fails ends the run, and is named before that as any other item is.
Snapshot take(Session& session, const SnapshotSource& source, const SnapshotRequest& request,
              SnapshotOutput& output) {
  try {
    return create_snapshot(session.repository(), source.fs(), session.clock(), request, output,
                           session.stop(), {.last_call = session.last_call()});
  } catch (const Error& error) {
    if (source.is_from_stream(error)) {
      output.show_stream_failure(source.targets().paths.front(), error.what());
    }
    throw;
  }
}

ExitCode run_snapshot(const GlobalOptions& global, const SnapshotOptions& options,
                      Signals& signals) {
  // Before the repository is opened: mistakes show before a password is asked for.
  const GroupBy group = GroupBy::parse(options.group_by);
  const ZonedTime time = snapshot_time(options);
  const std::chrono::seconds checkpoint_every = options.checkpoint_every();
  SnapshotSource source(global, options, time.instant);
  SnapshotRequest request = make_request(global, options, source.targets(), time);

  Session session(global, signals,
                  WantedLock(LockMode::kShared).reading(kSnapshotsAndIndex).settling_later(),
                  options.dry_run ? Writing::kPretended : Writing::kAllowed);
  Repository& repository = session.repository();
  // Before the index: what a snapshot refers to is in an index that was there before it.
  // One that cannot be read cannot be the parent either; that is no reason to store nothing.
  const std::vector<Snapshot> snapshots =
      load_snapshots(repository, session.stop(), [&global](const Id& id, const Error& error) {
        print_warning(global.json, id.hex(), error.what());
      });
  request.superfluous = superfluous_partial(snapshots, request);
  if (wants_parent(global, options, request)) {
    request.parent = choose_parent(snapshots, options.parent, group, request);
    if (options.parent.empty()) {
      request.partial = choose_partial(snapshots, request.parent, group, request);
    }
  }
  repository.load_index(session.stop());
  // What was read of a stream cannot be read again by whoever tries once more.
  if (source.is_stream()) session.require_lock();
  announce_parent(global, request);
  const bool resumable = !source.is_stream() && !options.dry_run;
  if (resumable) request.checkpoint_every = checkpoint_every;
  request.scan = !source.is_stream() && wants_scan(global, options);
  request.interrupt_source = [&source] { source.interrupt(); };
  request.before_commit = [&session] { session.require_lock(); };

  std::optional<FrozenWhileReading> frozen(std::in_place, global, source, session, request);
  SnapshotOutput output(global, source.stored_paths(), options.dry_run);
  const Snapshot snapshot = take(session, source, request, output);
  frozen.reset();
  output.print_summary(snapshot);
  if (global.on_snapshot && !snapshot.id.is_null()) global.on_snapshot(snapshot.id.hex());
  measure(global, options, session, snapshots, snapshot, output);
  return finish(global, output);
}

constexpr const char* kFooter = R"(
Unchanged files are taken over from the newest snapshot of the same host and paths; they are
not even opened. What cannot be read is named and left out, and the exit status is 3.

Examples:
  snapfs snapshot ~/work
  snapfs snapshot --tag before-upgrade /etc /var/lib
  snapfs snapshot -x --exclude-caches -e '*.o' /home
  snapfs snapshot --as-path /data /mnt/frozen/data
  snapfs snapshot --source-snapshot btrfs /home
  snapfs snapshot --stdin-filename db.sql --stdin-from-command -- pg_dump db)";

}  // namespace

Command snapshot_command(GlobalOptions& global) {
  Command command("snapshot", "Take a snapshot of files and directories");
  command.aliases = {"backup"};
  SnapshotOptions& options = bind_command(command, global, run_snapshot);
  add_snapshot_options(command, global, options);
  add_metrics_option(command, global);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
