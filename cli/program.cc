#include "cli/program.h"

#include <csignal>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "cli/command/commands.h"
#include "cli/grammar/help.h"
#include "cli/grammar/parser.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/option/mount_helper.h"
#include "cli/output/action_status.h"
#include "cli/output/output.h"
#include "cli/process/background.h"
#include "cli/process/exit_code.h"
#include "cli/process/process_limits.h"
#include "cli/process/program_name.h"
#include "cli/process/signals.h"
#include "cli/process/static_program.h"
#include "cli/profile/hooks.h"
#include "cli/profile/settings.h"
#include "fs/base/error.h"
#include "fs/crypto/kdf.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {
namespace {

/// Help, or the version, which no command is run for.
ExitCode show(const std::string& text) {
  print(text);
  return ExitCode::kSuccess;
}

/// Whether the option is the program's own, not a command's.
bool is_of(const Command* program, const Option* option) {
  return program->find_option(option->name()) == option;
}

/// What the line asks for.
Action action_of(const ParsedLine& line, GlobalOptions& options) {
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
  for (const GivenOption& given : line.given) {
    if (is_of(line.path.front(), given.option)) {
      options.given.push_back(given.option->title() + "=" + given.value);
    }
  }
  return with_hooks(line.command().run, options, line);
}

/// Parses and runs. `arguments` are without the program's name.
int run_arguments(const std::vector<std::string>& arguments) {
  GlobalOptions options;
  const Command program = program_command(options);
  Action action;
  const Command* command = nullptr;
  set_log_style(choose_log_style(is_switched_on(program, arguments, "log-json")));
  try {
    const ParsedLine line = parse_with_profile(program, options, arguments);
    set_log_style(choose_log_style(options.log_json));
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
  Signals signals;
  return static_cast<int>(has_metrics(*command)
                              ? run_measured(action, command->name, options, signals)
                              : run_to_status(action, options.json, signals));
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
  load_no_name_services();
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
