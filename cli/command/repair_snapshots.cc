// snapfs repair snapshots: snapshots without what is lost.
#include <optional>
#include <string>
#include <vector>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/command/keep_elsewhere.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/output/rewrite_output.h"
#include "cli/process/signals.h"
#include "cli/session/cache_directory.h"
#include "cli/session/id_argument.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/maintain/snapshot_rewriter.h"
#include "fs/maintain/tree_editors.h"

namespace snapfs {
namespace {

struct RepairArguments {
  FilterOptions filter;
  std::vector<std::string> ids;
  bool forget = false;
  bool dry_run = false;
};

ExitCode run_repair_snapshots(const GlobalOptions& global, const RepairArguments& arguments,
                              Signals& signals) {
  SnapshotRewriteOptions options{.dry_run = arguments.dry_run,
                                 .forget = arguments.forget,
                                 .tag = "repaired",
                                 .pack_bytes = global.pack_bytes()};
  if (arguments.forget) require_digits_to_remove(arguments.ids, "snapshot");
  WantedLock lock(LockMode::kExclusive);
  if (arguments.forget) lock = lock.removing(kLeaveOutForget);
  Session session(without_cache(global), signals,
                  arguments.dry_run ? std::nullopt : std::optional(lock));
  options.require_lock = [&session] { session.require_lock(); };
  SnapshotChoice choice(global.json, ChoiceFor::kChanging);
  const std::vector<Snapshot> chosen =
      choice.choose(session.repository(), arguments.ids, arguments.filter, session.stop());
  session.repository().load_index(session.stop());
  if (arguments.forget) require_readable_root(session.repository(), chosen, session.stop());
  RewriteOutput output(global, options);
  RepairingEditor editor(
      session.repository().index(),
      [&](const std::string& path, std::string_view what) { output.item(path, what, true); });
  SnapshotRewriter rewriter(session.repository(), session.clock(), &editor, options,
                            session.stop());
  rewriter.expect(chosen);
  for (const Snapshot& snapshot : chosen) {
    output.begin(snapshot);
    output.end(snapshot, rewriter.rewrite(snapshot));
  }
  output.finish();
  return choice.finish();
}

constexpr const char* kFooter = R"(
What is lost stays lost: directories that cannot be read become empty, files lose the parts
that are gone. The index must be right, so run "snapfs repair index" first. If the files are
still there, a new snapshot is the better way: it brings back what it finds.

Examples:
  snapfs repair snapshots --dry-run
  snapfs repair snapshots --forget)";

}  // namespace

Command repair_snapshots_command(GlobalOptions& global) {
  Command command("snapshots", "Take out of snapshots what is lost, so they can be read");
  RepairArguments& arguments = bind_command(command, global, run_repair_snapshots);
  const char* const group = "Repair";
  command.take_all("ID", &arguments.ids,
                   "Only these: IDs, unambiguous beginnings of them, or \"latest\"");
  command.add(group,
              {
                  {"-n,--dry-run", &arguments.dry_run, "Only say what would be done"},
                  {"--forget", &arguments.forget,
                   "Remove the old snapshots; otherwise the new ones get the tag \"repaired\""},
              });
  add_filter_options(command, arguments.filter);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
