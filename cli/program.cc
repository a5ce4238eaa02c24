#include "cli/program.h"

#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/background.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/global_options.h"
#include "cli/mount_helper.h"
#include "cli/output.h"
#include "cli/process_limits.h"
#include "cli/signals.h"
#include "fs/base/error.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {
namespace {

constexpr const char* kDescription =
    "Snapshots you can cd into: encrypted, deduplicated, in restic's repository format.";

constexpr const char* kFooter = R"(
A first tour:
  export SNAPFS_REPOSITORY=/srv/snapshots SNAPFS_PASSWORD_FILE=~/.snapfs-password
  snapfs init                             make the repository
  snapfs snapshot ~/work                  take a snapshot
  snapfs snapshots                        list what there is
  snapfs mount ~/mnt                      browse it; Ctrl-C unmounts
  cp -a ~/mnt/snapshots/latest/home/me/work/report.odt .

Every SNAPFS_* variable may also be called RESTIC_*.
Exit status: 0 done, 1 failed, 3 part of the source could not be read, 10 no repository,
11 locked, 12 wrong password, 130 interrupted.
"snapfs COMMAND --help" and "man snapfs" say more.)";

void set_up(CLI::App& app, GlobalOptions& options, Command& chosen) {
  app.name("snapfs");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", "snapfs " SNAPFS_VERSION);
  app.get_formatter()->column_width(34);
  add_global_options(app, options);
  add_init_command(app, options, chosen);
  add_snapshot_command(app, options, chosen);
  add_snapshots_command(app, options, chosen);
  add_restore_command(app, options, chosen);
  add_ls_command(app, options, chosen);
  add_find_command(app, options, chosen);
  add_log_command(app, options, chosen);
  add_diff_command(app, options, chosen);
  add_dump_command(app, options, chosen);
  add_stats_command(app, options, chosen);
  add_cat_command(app, options, chosen);
  add_list_command(app, options, chosen);
  add_forget_command(app, options, chosen);
  add_mount_command(app, options, chosen);
  add_tag_command(app, options, chosen);
  add_umount_command(app, options, chosen);
  add_check_command(app, options, chosen);
  add_copy_command(app, options, chosen);
  add_prune_command(app, options, chosen);
  add_repair_command(app, options, chosen);
  add_rewrite_command(app, options, chosen);
  add_key_command(app, options, chosen);
  add_unlock_command(app, options, chosen);
  add_migrate_command(app, options, chosen);
  add_cache_command(app, options, chosen);
  add_recover_command(app, options, chosen);
  add_version_command(app, options, chosen);
}

/// Help was asked for, or the command line is wrong.
ExitCode finish_parsing(const CLI::App& app, const CLI::ParseError& error, bool json) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    app.exit(error);
    return ExitCode::kSuccess;
  }
  std::string message = error.what();
  const std::vector<std::string> unknown = app.remaining();
  if (app.get_subcommands().empty() && !unknown.empty()) {
    message = "\"" + unknown.front() + "\" is no command";
  }
  const std::string command =
      app.get_subcommands().empty() ? "" : " " + app.get_subcommands().front()->get_name();
  print_exit_error(json, ExitCode::kFatal,
                   message + " (\"snapfs" + command + " --help\" lists what there is)");
  return ExitCode::kFatal;
}

/// One place turns everything that can fail into a line and a status.
ExitCode run_command(const Command& command, const GlobalOptions& options) {
  Signals signals;
  try {
    return command(signals);
  } catch (const OutputClosed&) {
    return ExitCode::kOutputClosed;
  } catch (const Error& error) {
    ExitCode code = exit_code_for(error.code());
    std::string message = error.what();
    if (error.code() == ErrorCode::kCancelled) {
      message = signals.reason();
      if (message.empty()) {
        message = "interrupted";
      } else {
        code = ExitCode::kFatal;
      }
    }
    print_exit_error(options.json, code, message);
    return code;
  } catch (const std::bad_alloc&) {
    print_exit_error(options.json, ExitCode::kFatal, "out of memory: nothing more was written");
  } catch (const std::exception& error) {
    print_exit_error(options.json, ExitCode::kFatal,
                     std::string("an unexpected error, please report it: ") + error.what());
  }
  return ExitCode::kFatal;
}

/// Parses and runs. `arguments` begin with the program's name.
int run_arguments(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  GlobalOptions options;
  Command chosen;
  CLI::App app(kDescription);
  set_up(app, options, chosen);
  try {
    app.parse(static_cast<int>(argv.size()), argv.data());
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(finish_parsing(app, error, options.json));
  }
  if (options.background) {
    BackgroundStart start = start_in_background();
    if (start.exit_status) return *start.exit_status;
    options.detach = std::move(start.detach);
  }
  return static_cast<int>(run_command(chosen, options));
}

/// As mount(8) calls us. Its statuses are others: 1 for what was asked, 32 for what failed.
int run_mount_helper(const std::vector<std::string>& arguments) {
  constexpr int kUsage = 1;
  constexpr int kMountFailed = 32;
  try {
    CLI::App app;
    GlobalOptions options;
    Command chosen;
    set_up(app, options, chosen);
    const MountHelperCall call = parse_mount_helper(arguments, *app.get_subcommand("mount"));
    if (call.pretend) return 0;
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
  try {
    raise_descriptor_limit();
    const std::vector<std::string> arguments(argv, argv + argc);
    return is_mount_helper(arguments) ? run_mount_helper(arguments) : run_arguments(arguments);
  } catch (const std::exception& error) {
    print_error(error.what());
    return static_cast<int>(ExitCode::kFatal);
  }
}

}  // namespace snapfs
