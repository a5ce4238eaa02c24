// snapfs run: what a profile says is to be done regularly: a snapshot, then what retention asks
// for.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/output/action_status.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/process/signals.h"
#include "cli/profile/hooks.h"
#include "cli/profile/profile_keys.h"
#include "cli/profile/settings.h"
#include "cli/session/left_locks.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {
namespace {

constexpr const char* kSnapshot = "snapshot";
constexpr const char* kForget = "forget";

struct RunArguments {
  bool dry_run = false;
};

/// One command of the run, as if it had been called by itself. Neither copied nor moved.
class RunStep {
 public:
  /// Reads its settings: mistakes show before the first step is begun. Throws Error{kUsage}.
  RunStep(const GlobalOptions& run, const char* command, bool dry_run)
      : name_(command), program_(program_command(options_)) {
    options_.profile = run.profile;
    options_.profile_name = run.profile_name;
    options_.known_password = run.known_password;
    options_.on_snapshot = run.on_snapshot;
    std::vector<std::string> arguments = run.given;
    arguments.emplace_back(command);
    if (dry_run) arguments.emplace_back("--dry-run");
    const ParsedLine line = parse_with_profile(program_, options_, arguments);
    if (!dry_run) refuse_dry_run(line.command(), run.profile->path());
    options_.json = options_.json || run.json;
    options_.quiet = options_.quiet || run.quiet;
    if (options_.metrics_file.empty()) options_.metrics_file = run.metrics_file;
    action_ = with_hooks(line.command().run, options_, line);
  }
  RunStep(const RunStep&) = delete;
  RunStep& operator=(const RunStep&) = delete;

  ExitCode run(Signals& signals) { return run_measured(action_, name_, options_, signals); }

  /// Removes locks that are in the way and that nobody will give up. Returns whether there were
  /// any.
  bool clear_the_way(Signals& signals) {
    try {
      Session session(options_, signals, std::nullopt);
      const std::size_t removed = remove_locks_of_the_gone(session);
      if (removed == 0) return false;
      print_warning(options_.json, "",
                    fmt::format("{} {} of processes that are gone {} removed: once more", removed,
                                removed == 1 ? "lock" : "locks", removed == 1 ? "was" : "were"));
      return true;
    } catch (const Error& error) {
      if (error.ends_the_run()) throw;
      print_warning(options_.json, "", error.what());
      return false;
    }
  }

 private:
  /// Nothing would be stored, and what is old forgotten all the same.
  static void refuse_dry_run(const Command& command, const std::string& profile) {
    if (command.find_option("dry-run")->binding().current() != "true") return;
    throw Error(
        ErrorCode::kUsage,
        fmt::format("dry-run below [{}] of {} lets a run do half of its work: take it out, and "
                    "call \"run --dry-run\" to try",
                    command.name, profile),
        profile);
  }

  const std::string name_;
  GlobalOptions options_;
  Command program_;
  Action action_;
};

/// Whether the profile has a table for the command.
bool asks_for(const Profile& profile, const char* name) {
  GlobalOptions unused;
  const Command program = program_command(unused);
  const Command* const command = program.find(name);
  return std::ranges::any_of(commands_in(profile, program),
                             [command](const auto& path) { return path.back() == command; });
}

ExitCode run_profile(const GlobalOptions& global, const RunArguments& arguments, Signals& signals) {
  if (!global.profile) {
    throw Error(ErrorCode::kUsage,
                "run does what a profile says: name one with -P, or set SNAPFS_PROFILE (\"snapfs "
                "profile init\" makes one)");
  }
  const Profile& profile = *global.profile;
  if (!asks_for(profile, kSnapshot)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} does not say what to take a snapshot of: add sources = [\"…\"] "
                            "below [snapshot]",
                            profile.path()),
                profile.path());
  }
  if (global.metrics && arguments.dry_run) global.metrics->call_off();
  GlobalOptions options = global;
  options.known_password = std::make_shared<SecureBytes>();
  RunStep snapshot(options, kSnapshot, arguments.dry_run);
  std::unique_ptr<RunStep> forget;
  if (asks_for(profile, kForget)) {
    forget = std::make_unique<RunStep>(options, kForget, arguments.dry_run);
  }
  // A run that lost its power left its lock behind, and nobody is there to remove it.
  const auto run_step = [&](RunStep& step, const char* command) {
    const ExitCode code = step.run(signals);
    if (code != ExitCode::kLocked || arguments.dry_run || !step.clear_the_way(signals)) return code;
    return RunStep(options, command, false).run(signals);
  };
  const ExitCode taken = run_step(snapshot, kSnapshot);
  if (!forget) return taken;
  if (taken != ExitCode::kSuccess && taken != ExitCode::kIncomplete) {
    // Who does not read what we say wants no word about it.
    if (taken != ExitCode::kOutputClosed) {
      print_warning(global.json, "", "the snapshot failed, so none is forgotten");
    }
    return taken;
  }
  return worse(taken, run_step(*forget, kForget));
}

}  // namespace

Command run_command(GlobalOptions& options) {
  Command command("run", "Do what a profile says: take a snapshot, then forget old ones");
  RunArguments& arguments = bind_command(command, options, run_profile);
  command.add("Options", {"-n,--dry-run", &arguments.dry_run,
                          "Write nothing, show what would be done; no hooks are run"});
  add_metrics_option(command, options);
  command.footer = R"(
The snapshot is what [snapshot] of the profile says, and [forget], when it is there, says what is
kept of old ones afterwards. A lock that is in the way is removed when it is of a process of this
machine that is gone, as after a loss of power. When no snapshot could be taken, none is forgotten.
[hooks] are run around both. Of one profile there is one run at a time: a second one ends with
status 11.

The exit status is the worst of what was done: 0 all is well, 3 there is a snapshot, but part of the
source could not be read or not all snapshots be removed, others as for these commands; 1 when a
hook failed.

Examples:
  snapfs -P home run
  snapfs -P home run --dry-run -v
  snapfs -P home snapshot --tag before-upgrade     # one step, and an option of its own)";
  return command;
}

}  // namespace snapfs
