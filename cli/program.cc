#include "cli/program.h"

#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/command/commands.h"
#include "cli/grammar/help.h"
#include "cli/grammar/parser.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/option/mount_helper.h"
#include "cli/output/metrics_file.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/process/background.h"
#include "cli/process/exit_code.h"
#include "cli/process/process_limits.h"
#include "cli/process/program_name.h"
#include "cli/process/signals.h"
#include "fs/backend/open/location.h"
#include "fs/base/error.h"
#include "fs/crypto/kdf.h"
#include "fs/crypto/secure_memory.h"
#include "fs/time/clock.h"

namespace snapfs {
namespace {

/// Help, or the version, which no command is run for.
ExitCode show(const std::string& text) {
  print(text);
  return ExitCode::kSuccess;
}

/// Of an exception that nobody handled on its way here.
std::string unforeseen() {
  const Error error = current_error();
  return error.code() == ErrorCode::kInternal
             ? std::string("an unexpected error, please report it: ") + error.what()
             : std::string(error.what()) + ": nothing more was written";
}

/// One place turns everything that can fail into a line and a status.
ExitCode run_action(const Action& action, const GlobalOptions& options) {
  Signals signals;
  try {
    return action(signals);
  } catch (const OutputClosed&) {
    return ExitCode::kOutputClosed;
  } catch (const Error& error) {
    ExitCode code = exit_code_for(error.code());
    std::string message = error.what();
    if (error.code() == ErrorCode::kCancelled) {
      const std::optional<Error> reason = signals.failure();
      message = reason ? reason->what() : "interrupted";
      if (reason) {
        code = reason->code() == ErrorCode::kCancelled ? ExitCode::kFatal
                                                       : exit_code_for(reason->code());
      }
    }
    print_exit_error(options.json, code, message);
    return code;
  } catch (const std::exception&) {
    print_exit_error(options.json, ExitCode::kFatal, unforeseen());
  }
  return ExitCode::kFatal;
}

/// As it was named, but for a password in it; empty when none was.
std::string repository_label(const GlobalOptions& options) {
  try {
    return without_password(options.repository_string());
  } catch (const Error&) {
    return "";  // the command will say so
  }
}

/// A run that went well did so whether or not anybody can be told: its status stays.
void write_metrics(const GlobalOptions& options, ExitCode status) {
  const RunMetrics& run = *options.metrics;
  if (run.is_called_off()) return;
  const std::string path = options.metrics_path();
  try {
    update_metrics_file(path, run, run.finish(status, SystemClock{}.now()));
  } catch (const Error& error) {
    print_warning(options.json, path,
                  std::string("the metrics of this run were not written: ") + error.what());
  }
}

/// Runs it, and tells how it ended where that is wanted.
ExitCode run_measured(const Action& action, const Command& command, GlobalOptions& options) {
  const bool measured = has_metrics(command) && !options.metrics_path().empty();
  if (!measured) return run_action(action, options);
  options.metrics = std::make_shared<RunMetrics>(command.name, repository_label(options));
  const ExitCode status = run_action(action, options);
  write_metrics(options, status);
  return status;
}

/// What the line asks for.
Action action_of(const ParsedLine& line, const GlobalOptions& options) {
  if (options.quiet && options.verbosity > 0) {
    throw Error(ErrorCode::kUsage, "--quiet and --verbose cannot be specified at the same time");
  }
  (void)options.remote.extended_options();  // what is wrong with them shows whatever the command
  if (line.help || (!line.command().run && !options.version)) {
    return [text = help_text(line.path)](Signals&) { return show(text); };
  }
  if (options.version) {
    return [](Signals&) { return show("snapfs " SNAPFS_VERSION "\n"); };
  }
  return line.command().run;
}

/// Parses and runs. `arguments` are without the program's name.
int run_arguments(const std::vector<std::string>& arguments) {
  GlobalOptions options;
  const Command program = program_command(options);
  Action action;
  const Command* command = nullptr;
  set_log_style(choose_log_style(is_switched_on(program, arguments, "log-json")));
  try {
    const ParsedLine line = parse_line(program, arguments);
    command = line.help || options.version ? &program : &line.command();
    for (const std::string& advice : line.advice) print_warning(options.json, "", advice);
    action = action_of(line, options);
  } catch (const Error& error) {
    const bool json = is_switched_on(program, arguments, "json");
    print_exit_error(json, ExitCode::kFatal, error.what());
    return static_cast<int>(ExitCode::kFatal);
  }
  if (options.background) {
    BackgroundStart start = start_in_background(send_messages_to_syslog);
    if (start.was_killed)
      print_error("the process in the background was killed before it was ready");
    if (start.exit_status) return *start.exit_status;
    options.detach = std::move(start.detach);
  }
  return static_cast<int>(run_measured(action, *command, options));
}

/// As mount(8) calls us. Its statuses are others: 1 for what was asked, 32 for what failed.
int run_mount_helper(const std::vector<std::string>& arguments) {
  constexpr int kUsage = 1;
  constexpr int kMountFailed = 32;
  try {
    GlobalOptions options;
    const MountHelperCall call = parse_mount_helper(arguments, program_command(options));
    if (!call.help.empty()) print(call.help);
    if (call.pretend || !call.help.empty()) return 0;
    return run_arguments(call.arguments) == 0 ? 0 : kMountFailed;
  } catch (const Error& error) {
    print_error(error.what());
    return kUsage;
  }
}

}  // namespace

int run_program(int argc, const char* const* argv) noexcept {
  return_large_buffers();
  open_standard_streams();
  forbid_core_dumps();
  keep_crypto_to_the_end();
  // A reader that goes away is an error like others, and its status the same for every command.
  ::signal(SIGPIPE, SIG_IGN);
  try {
    raise_descriptor_limit();
    std::vector<std::string> arguments(argv, argv + argc);
    if (is_mount_helper(arguments)) return run_mount_helper(arguments);
    if (!arguments.empty()) {
      remember_program_name(arguments.front());
      arguments.erase(arguments.begin());
    }
    return run_arguments(arguments);
  } catch (const Error& error) {
    print_error(error.what());
  } catch (const std::exception&) {
    print_error(unforeseen());
  }
  return static_cast<int>(ExitCode::kFatal);
}

}  // namespace snapfs
