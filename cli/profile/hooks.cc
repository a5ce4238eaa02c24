// The order is that of resticprofile: before, the command, after or failed, finally. A hook that
// fails makes a failure of the whole; an interruption ends a hook, and those that tell of failures
// and clean up are run all the same.
#include "cli/profile/hooks.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/grammar/suggestion.h"
#include "cli/option/global_options.h"
#include "cli/output/action_status.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/process/signals.h"
#include "cli/profile/profile_keys.h"
#include "cli/profile/run_lock.h"
#include "fs/base/error.h"
#include "fs/process/child_process.h"

namespace snapfs {
namespace {

constexpr const char* kHooks = "hooks";
constexpr const char* kRun = "run";
/// How long a hook may take to clean up after it was told to end.
constexpr std::chrono::seconds kGrace{5};

struct HookKind {
  const char* name;
  std::vector<HookCommand> Hooks::*commands;
};

constexpr std::array<HookKind, 4> kKinds = {{{"before", &Hooks::before},
                                             {"after", &Hooks::after},
                                             {"failed", &Hooks::failed},
                                             {"finally", &Hooks::finally}}};

[[noreturn]] void refuse(const Place& place, const std::string& message) {
  throw Error(ErrorCode::kUsage, fmt::format("{}: {}", place.text(), message), place.file);
}

HookCommand command_of(const ProfileFile& file, const ProfileValue& value) {
  if (value.kind != ProfileValue::Kind::kText || value.text.empty()) {
    refuse(value.place, "a hook is a command for the shell in quotation marks, or a list of such");
  }
  return {value.text, value.place, file.directory};
}

/// Adds the kinds that the table names to those that `hooks` has already, in `known`.
void read_table(const ProfileFile& file, const ProfileEntry& table, std::vector<std::string>& known,
                Hooks& hooks) {
  if (!table.value.is_table()) refuse(table.place, "hooks are a table: [hooks]");
  for (const ProfileEntry& entry : table.value.entries) {
    const auto kind =
        std::ranges::find_if(kKinds, [&](const HookKind& one) { return one.name == entry.key; });
    if (kind == kKinds.end()) {
      const std::vector<std::string> names = {"before", "after", "failed", "finally"};
      refuse(entry.place, fmt::format("there are no hooks \"{}\"{}", entry.key,
                                      did_you_mean(similar_words(entry.key, names), "")));
    }
    std::vector<HookCommand> commands;
    if (entry.value.kind == ProfileValue::Kind::kList) {
      for (const ProfileValue& item : entry.value.items) commands.push_back(command_of(file, item));
    } else {
      commands.push_back(command_of(file, entry.value));
    }
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    known.push_back(entry.key);
    hooks.*(kind->commands) = std::move(commands);
  }
}

/// How another program finds the same profile.
std::string name_for_others(const Profile& profile) {
  return profile.name().find('/') == std::string::npos ? profile.name() : profile.path();
}

const std::string kProfileVariable = "SNAPFS_PROFILE=";
const std::string kCommandVariable = "SNAPFS_COMMAND=";

/// Whether the environment has "NAME=value": of a hook's, both tell that it is one of this very
/// command, which would run it again, and so on.
bool is_set(const std::string& variable) {
  const std::size_t equals = variable.find('=');
  const char* const value = ::getenv(variable.substr(0, equals).c_str());
  return value != nullptr && variable.compare(equals + 1, std::string::npos, value) == 0;
}

bool is_dry_run(const Command& command) {
  const Option* const option = command.find_option("dry-run");
  return option != nullptr && option->binding().current() == "true";
}

/// The hooks of one command that is run.
class HookRun {
 public:
  HookRun(Hooks hooks, std::vector<std::string> variables, bool json)
      : hooks_(std::move(hooks)), variables_(std::move(variables)), json_(json) {}

  ExitCode around(const Action& action, GlobalOptions& options, Signals& signals) {
    const auto listener = options.on_snapshot;
    options.on_snapshot = [this, listener](const std::string& id) {
      snapshot_id_ = id;
      if (listener) listener(id);
    };
    ExitCode status = run(hooks_.before, "before", std::nullopt, signals.token());
    if (status == ExitCode::kSuccess) {
      status = run_to_status(action, json_, signals);
      if (status == ExitCode::kSuccess) {
        status = run(hooks_.after, "after", status, signals.token());
      }
    }
    // Whoever interrupted us wants to be told, and the place cleaned up, too.
    if (status != ExitCode::kSuccess) {
      status = worse(status, run(hooks_.failed, "failed", status, {}));
    }
    status = worse(status, run(hooks_.finally, "finally", status, {}));
    options.on_snapshot = listener;
    return status;
  }

 private:
  /// One after another, until one fails.
  ExitCode run(const std::vector<HookCommand>& commands, const char* kind,
               std::optional<ExitCode> status, const StopToken& stop) {
    for (const HookCommand& command : commands) {
      try {
        const int result = run_one(command, status, stop);
        if (result == 0) continue;
        print_warning(json_, "",
                      fmt::format("the hook \"{}\" ({}, {}) failed with status {}", command.text,
                                  kind, command.place.text(), result));
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kCancelled) return ExitCode::kInterrupted;
        print_warning(json_, "",
                      fmt::format("the hook \"{}\" ({}, {}) could not be run: {}", command.text,
                                  kind, command.place.text(), error.what()));
      }
      return ExitCode::kFatal;
    }
    return ExitCode::kSuccess;
  }

  int run_one(const HookCommand& command, std::optional<ExitCode> status, const StopToken& stop) {
    ChildOptions options;
    options.output = ChildOutput::kOurErrors;
    // What is sent to us is not for them: a password, or what a snapshot is taken of.
    if (::isatty(STDIN_FILENO) == 0) options.input = ChildInput::kNone;
    options.directory = command.directory;
    options.variables = variables_;
    options.variables.push_back("SNAPFS_SNAPSHOT_ID=" + snapshot_id_);
    if (status) {
      options.variables.push_back(fmt::format("SNAPFS_EXIT_STATUS={}", static_cast<int>(*status)));
    }
    ChildProcess child({"/bin/sh", "-c", command.text}, options);
    try {
      return child.wait(stop);
    } catch (const Error&) {
      child.terminate(kGrace);
      throw;
    }
  }

  const Hooks hooks_;
  const std::vector<std::string> variables_;
  const bool json_;
  std::string snapshot_id_;
};

/// One such process of a profile at a time: others do nothing, and have nothing to tell.
Action alone(Action action, GlobalOptions& options) {
  return [action = std::move(action), &options](Signals& signals) {
    std::optional<RunLock> lock;
    try {
      lock.emplace(options.profile->path());
    } catch (const Error&) {
      if (options.metrics) options.metrics->call_off();
      throw;
    }
    return action(signals);
  };
}

Action hooks_around(Action action, GlobalOptions& options, const ParsedLine& line) {
  Hooks hooks = hooks_for(*options.profile, line.path);
  if (hooks.empty()) return action;
  std::string title = title_of(line.path);
  title.erase(0, title.find(' ') + 1);
  std::vector<std::string> variables = {kProfileVariable + name_for_others(*options.profile),
                                        kCommandVariable + title,
                                        "SNAPFS_LOCATION=" + repository_label(options)};
  if (is_set(variables[0]) && is_set(variables[1])) return action;
  const auto run = std::make_shared<HookRun>(std::move(hooks), std::move(variables), options.json);
  return [run, action = std::move(action), &options](Signals& signals) {
    return run->around(action, options, signals);
  };
}

}  // namespace

Hooks hooks_for(const Profile& profile, const std::vector<const Command*>& path) {
  std::vector<const Command*> where = path;
  if (path.back()->name == kRun) where = {path.front()};
  Hooks hooks;
  std::vector<std::string> known;
  for (const auto& [file, table] : tables_called(profile, where, kHooks)) {
    read_table(*file, *table, known, hooks);
  }
  return hooks;
}

void check_hooks(const ProfileFile& file, const ProfileEntry& table) {
  Hooks hooks;
  std::vector<std::string> known;
  read_table(file, table, known, hooks);
}

ExitCode worse(ExitCode first, ExitCode second) noexcept {
  const auto rank = [](ExitCode code) {
    switch (code) {
      case ExitCode::kSuccess:
        return 0;
      case ExitCode::kIncomplete:
        return 1;
      case ExitCode::kInterrupted:
        return 3;
      default:
        return 2;
    }
  };
  return rank(second) > rank(first) ? second : first;
}

Action with_hooks(Action action, GlobalOptions& options, const ParsedLine& line) {
  if (!options.profile || is_dry_run(line.command())) return action;
  Action whole = hooks_around(std::move(action), options, line);
  return line.command().name == kRun ? alone(std::move(whole), options) : whole;
}

}  // namespace snapfs
