// snapfs recover: directories that no snapshot leads to any more, in a snapshot of their own.
#include "fs/maintain/recover.h"

#include <string>

#include <fmt/format.h>

#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/work_progress.h"
#include "cli/process/signals.h"
#include "cli/session/cache_directory.h"
#include "cli/session/session.h"

namespace snapfs {
namespace {

void report(const GlobalOptions& options, const RecoverOutcome& outcome) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", "summary")
        .number("trees", outcome.trees)
        .number("unreadable_trees", outcome.unreadable)
        .number("roots", outcome.roots);
    if (outcome.snapshot) object.text("snapshot_id", outcome.snapshot->hex());
    print(object.finish() + "\n");
    return;
  }
  if (options.quiet) return;
  print(fmt::format("found {} unreferenced root{} among {} trees\n", outcome.roots,
                    outcome.roots == 1 ? "" : "s", outcome.trees));
  print(outcome.snapshot ? fmt::format("saved new snapshot {}\n", outcome.snapshot->short_hex())
                         : std::string("there is nothing to recover\n"));
}

ExitCode run_recover(const GlobalOptions& options, Signals& signals) {
  Session session(without_cache(options), signals, LockMode::kExclusive);
  RecoverOutcome outcome;
  {
    WorkProgress progress(options);
    outcome = recover_trees(
        session.repository(), session.clock(), [&session] { session.require_lock(); }, progress,
        session.stop());
  }
  report(options, outcome);
  return ExitCode::kSuccess;
}

}  // namespace

Command recover_command(GlobalOptions& options) {
  Command command("recover", "Bring back directories that no snapshot has any more");
  command.footer = R"(
For when snapshots were removed that should have stayed, and the repository was not pruned since.
All directories to which nothing refers any more become entries of one new snapshot of the path
/recover, with the beginnings of their IDs as names; move on from there. Only what the index lists
is found: where index files are missing, run "snapfs repair index" first.

Example:
  snapfs recover && snapfs mount ~/mnt     # then look below ~/mnt/snapshots/latest)";
  command.run = [&options](Signals& signals) { return run_recover(options, signals); };
  return command;
}

}  // namespace snapfs
