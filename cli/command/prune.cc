// snapfs prune: removes what no snapshot needs.
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/command/keep_elsewhere.h"
#include "cli/command/prune_run.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/option/prune_options.h"
#include "cli/output/run_metrics.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/session.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

struct PruneCommand {
  PruneArguments arguments;
  bool dry_run = false;
  bool allow_remove_all = false;
  std::string recover_repository;  ///< the repository's ID, typed on purpose
};

void require_id(const std::string& given, const Id& repository) {
  if (given == repository.hex()) return;
  throw Error(ErrorCode::kUsage, fmt::format("to show that you mean it, give the repository's ID: "
                                             "--unsafe-recover-no-free-space {}",
                                             repository.hex()));
}

ExitCode run_prune(const GlobalOptions& global, const PruneCommand& command, Signals& signals) {
  PruneOptions options = command.arguments.options();
  options.pack_bytes = global.pack_bytes();
  if (global.metrics && command.dry_run) global.metrics->call_off();
  options.allow_no_snapshots = command.allow_remove_all;
  if (global.no_lock && !command.dry_run) {
    throw Error(ErrorCode::kUsage, "--no-lock is for --dry-run only: pruning needs the lock");
  }
  const bool makes_room = !command.recover_repository.empty();
  WantedLock lock = makes_room ? WantedLock::to_make_room() : WantedLock(LockMode::kExclusive);
  // In prepare_prune's order.
  lock.reads = {FileKind::kSnapshot, FileKind::kPack, FileKind::kIndex};
  if (!command.dry_run) lock = lock.removing(kKeepSomeElsewhere);
  Session session(global, signals, lock_unless(global.no_lock, std::move(lock)));
  if (!command.recover_repository.empty()) {
    require_id(command.recover_repository, session.repository().config().id);
    options.recover_no_space = true;
  }
  prune_and_report(session, global, std::move(options), command.dry_run);
  return ExitCode::kSuccess;
}

constexpr const char* kFooter = R"(
Removing snapshots frees no space by itself: what only they needed goes here. Packs of which
nothing is used are removed; of packs that are partly used, what is used moves into new ones,
the worst packs first, until no more than --max-unused is wasted. Nobody else can use the
repository meanwhile. It may be interrupted at any time: every snapshot stays complete.

Examples:
  snapfs prune --dry-run -v               # what would happen
  snapfs prune
  snapfs prune --max-unused 0             # waste nothing
  snapfs prune --max-repack-size 0        # quick: only remove, write no new packs)";

}  // namespace

Command prune_command(GlobalOptions& global) {
  Command command("prune", "Remove what no snapshot needs any more");
  PruneCommand& prune = bind_command(command, global, run_prune);
  command.add("Prune",
              {
                  {"-n,--dry-run", &prune.dry_run, "Only say what would be done"},
                  {"--unsafe-allow-remove-all", &prune.allow_remove_all,
                   "Empty a repository that has no snapshots"},
                  {"--unsafe-recover-no-free-space", "ID", &prune.recover_repository,
                   "For a full disk, when --max-repack-size 0 does not help: remove the index "
                   "before writing it anew. ID is the repository's"},
              });
  add_prune_options(command, prune.arguments);
  add_metrics_option(command, global);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
