// snapfs profile: begins, lists, shows and checks files of settings.
#include "cli/profile/profile.h"

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/option/setting.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/table.h"
#include "cli/profile/profile_check.h"
#include "cli/profile/profile_file.h"
#include "cli/profile/profile_template.h"
#include "cli/profile/profile_text.h"
#include "cli/profile/profile_units.h"
#include "cli/profile/settings.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/shell_word.h"
#include "fs/base/utf8.h"
#include "fs/repo/identity.h"

namespace snapfs {
namespace {

struct ProfileArguments {
  std::string name;
  bool system = false;
  bool user = false;
  bool all = false;
};

/// What the argument names, or -P, or the variable.
std::string name_of(const GlobalOptions& options, const ProfileArguments& arguments) {
  std::string name = arguments.name.empty() ? wanted_profile(options) : arguments.name;
  if (!name.empty()) return name;
  throw Error(
      ErrorCode::kUsage,
      "no profile was named: give its NAME (\"snapfs profile list\" shows those there are)");
}

std::string new_path(const std::string& name, bool system) {
  if (name.find('/') != std::string::npos) return absolute_path(name, current_directory());
  require_profile_name(name);
  const std::vector<std::string> directories = profile_directories();
  return join_path(system ? directories.back() : directories.front(), name + ".toml");
}

bool is_repository_named(const GlobalOptions& options) {
  return !setting(options.repository, "REPOSITORY").empty() ||
         !setting(options.repository_file, "REPOSITORY_FILE").empty();
}

/// What was named, in whichever way; empty: nothing was. An address stays as it is, a directory is
/// named from the root: the file lies elsewhere.
std::string repository_of(const GlobalOptions& options) {
  constexpr std::string_view kLocal = "local:";
  if (!is_repository_named(options)) return {};
  std::string text = options.repository_string();
  if (!is_valid_utf8(text)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} cannot be said in a profile, which is UTF-8: give the repository "
                            "another name",
                            printable(text)));
  }
  if (text.starts_with(kLocal)) {
    return std::string(kLocal) + absolute_path(text.substr(kLocal.size()), current_directory());
  }
  if (text.find(':') < text.find('/')) return text;
  return absolute_path(text, current_directory());
}

ExitCode run_init(const GlobalOptions& options, const ProfileArguments& arguments,
                  Signals& /*signals*/) {
  const std::string name = name_of(options, arguments);
  const std::string path = new_path(name, arguments.system);
  std::string password_file = setting(options.password_file, "PASSWORD_FILE");
  if (!password_file.empty()) password_file = absolute_path(password_file, current_directory());
  write_new_profile(path, profile_template({repository_of(options), password_file,
                                            Identity::of_process().hostname}));
  if (options.json) {
    JsonObject object;
    object.text("message_type", "profile").text("name", name).text("path", path);
    print(object.finish() + "\n");
  } else if (!options.quiet) {
    print(
        fmt::format("wrote {0}: edit it, then run \"snapfs profile check {1}\", \"snapfs -P {1} "
                    "init\" and \"snapfs -P {1} run\"\n",
                    path, shell_word(name)));
  }
  return ExitCode::kSuccess;
}

/// A profile that cannot be read is one all the same.
std::string inherited_text(const ProfileName& profile) {
  try {
    const Profile loaded = Profile::load(profile.path);
    return loaded.files().size() > 1 ? loaded.files()[1].path : "";
  } catch (const Error& error) {
    return error.what();
  }
}

ExitCode run_list(const GlobalOptions& options, const ProfileArguments& /*arguments*/,
                  Signals& /*signals*/) {
  std::vector<std::string> objects;
  Table table({"Name", "File", "Inherits"});
  std::string before;
  for (const ProfileName& profile : list_profiles()) {
    const bool is_hidden = profile.name == before;
    before = profile.name;
    JsonObject object;
    object.text("name", profile.name)
        .text("path", profile.path)
        .raw("hidden", is_hidden ? "true" : "false");
    objects.push_back(object.finish());
    table.add_row({profile.name, profile.path + (is_hidden ? " (hidden by the one above)" : ""),
                   inherited_text(profile)});
  }
  if (options.json) {
    print(fmt::format("[{}]\n", fmt::join(objects, ",")));
  } else if (objects.empty()) {
    print(fmt::format("there are no profiles in {}: \"snapfs profile init NAME\" makes one\n",
                      fmt::join(profile_directories(), " and ")));
  } else {
    print(table.text());
  }
  return ExitCode::kSuccess;
}

ExitCode run_show(const GlobalOptions& options, const ProfileArguments& arguments,
                  Signals& /*signals*/) {
  GlobalOptions unused;
  const Command program = program_command(unused);
  const Profile profile = Profile::load(name_of(options, arguments));
  const ShownTables which = arguments.all ? ShownTables::kAll : ShownTables::kUsual;
  print(options.json ? profile_json(profile, program, which) + "\n"
                     : profile_text(profile, program, which));
  return ExitCode::kSuccess;
}

ExitCode run_check(const GlobalOptions& options, const ProfileArguments& arguments,
                   Signals& /*signals*/) {
  GlobalOptions unused;
  const Command program = program_command(unused);
  const Profile profile = Profile::load(name_of(options, arguments));
  const std::vector<std::string> mistakes = profile_mistakes(profile, program);
  if (options.json) {
    JsonObject object;
    object.text("message_type", "profile_check")
        .text("path", profile.path())
        .texts("mistakes", mistakes);
    print(object.finish() + "\n");
  } else {
    for (const std::string& mistake : mistakes) print_error(mistake);
  }
  if (mistakes.empty()) {
    if (!options.json && !options.quiet) {
      print(fmt::format("{}: no mistakes were found\n", profile.path()));
    }
    return ExitCode::kSuccess;
  }
  print_exit_error(options.json, ExitCode::kFatal,
                   fmt::format("{} mistake{} in {}: none of its settings is used before that is "
                               "mended",
                               mistakes.size(), mistakes.size() == 1 ? "" : "s", profile.path()));
  return ExitCode::kFatal;
}

/// Root means the machine's manager, unless --user says otherwise; others have only their own.
UnitManager manager_of(const ProfileArguments& arguments) {
  return arguments.user || ::geteuid() != 0 ? UnitManager::kUser : UnitManager::kSystem;
}

void report_units(const GlobalOptions& options, const char* message, const ProfileUnits& units) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", message).texts("units", units.names);
    print(object.finish() + "\n");
  } else if (!options.quiet) {
    print(fmt::format("{}: {}\n", message, fmt::join(units.names, " ")));
  }
}

/// A user's manager ends with the user's last session, and the timers with it.
void tell_of_lingering(const GlobalOptions& options, UnitManager manager) {
  const std::string user = Identity::of_process().username;
  if (manager != UnitManager::kUser || options.json || options.quiet || user.empty()) return;
  if (::access(("/var/lib/systemd/linger/" + user).c_str(), F_OK) == 0) return;
  print("they run while you are logged in; \"loginctl enable-linger\" has them run at all times\n");
}

ExitCode run_enable(const GlobalOptions& options, const ProfileArguments& arguments,
                    Signals& signals) {
  GlobalOptions quiet = options;
  quiet.quiet = true;
  // Its messages are for people, and tell of every mistake.
  if (const ExitCode code = run_check(quiet, arguments, signals); code != ExitCode::kSuccess) {
    return code;
  }
  GlobalOptions unused;
  const Command program = program_command(unused);
  const Profile profile = Profile::load(name_of(options, arguments));
  const UnitManager manager = manager_of(arguments);
  const ProfileUnits units = units_for(profile, program, manager);
  // The profile may have asked for more when it was enabled before.
  disable_units(units_beside(units, profile.name(), manager), manager);
  enable_units(units, manager);
  report_units(options, "enabled", units);
  tell_of_lingering(options, manager);
  return ExitCode::kSuccess;
}

ExitCode run_disable(const GlobalOptions& options, const ProfileArguments& arguments,
                     Signals& /*signals*/) {
  const UnitManager manager = manager_of(arguments);
  const ProfileUnits units = all_units(name_of(options, arguments), manager);
  disable_units(units, manager);
  report_units(options, "disabled", units);
  return ExitCode::kSuccess;
}

using RunFunction = ExitCode (*)(const GlobalOptions&, const ProfileArguments&, Signals&);

/// `add` adds what it takes besides; null: nothing.
Command named(GlobalOptions& options, const char* name, const char* summary, RunFunction run,
              void (*add)(Command&, ProfileArguments&) = nullptr) {
  Command command(name, summary);
  command.takes_settings = false;
  ProfileArguments& arguments = bind_command(command, options, run);
  command.take_optional("NAME", &arguments.name, "Which one; without it: that of -P");
  if (add != nullptr) add(command, arguments);
  return command;
}

/// For those that are about units of systemd.
void add_manager_option(Command& command, ProfileArguments& arguments) {
  command.add("Options", {"--user", &arguments.user,
                          "Root, too: units of the user's manager, not of the machine's"});
}

void add_tables_option(Command& command, ProfileArguments& arguments) {
  command.add("Options", {"--all", &arguments.all, "Show the tables of all commands"});
}

Command profile_init(GlobalOptions& options) {
  Command command("init", "Write a new profile to begin with");
  command.takes_settings = false;
  ProfileArguments& arguments = bind_command(command, options, run_init);
  command.take_optional("NAME", &arguments.name, "What to call it, or a path; without it: as -P");
  command.add("Options",
              {"--system", &arguments.system,
               "Write it to /etc/snapfs, for the machine's runs, not to ~/.config/snapfs"});
  return command;
}

Command profile_enable(GlobalOptions& options) {
  Command command = named(options, "enable", "Have systemd do what the profile says, regularly",
                          run_enable, add_manager_option);
  command.footer = R"(
A table [snapshot] asks for a run every night between two and three, [check] for a check on
Sundays, and a mountpoint in [mount] for a mount that is always there. Root has the machine's
systemd do it, from profiles in /etc/snapfs; others have their own do it, while they are logged in,
or always after "loginctl enable-linger". After a change of the tables, enable it again; "snapfs
profile disable" undoes it.

Examples:
  snapfs profile enable home
  systemctl --user list-timers 'snapfs-*'          # when they run next
  journalctl --user -u snapfs-run@home             # what the last run said)";
  return command;
}

Command profile_list(GlobalOptions& options) {
  Command command("list", "List the profiles that there are");
  command.takes_settings = false;
  bind_command(command, options, run_list);
  return command;
}

}  // namespace

Command profile_command(GlobalOptions& options) {
  Command command("profile", "Begin, list, show, check and schedule files of settings");
  command.takes_settings = false;
  command.subcommands = {profile_init(options),
                         profile_list(options),
                         named(options, "show", "Show every key, its value, and where that is from",
                               run_show, add_tables_option),
                         named(options, "check", "Find all mistakes in a profile", run_check),
                         profile_enable(options),
                         named(options, "disable", "Undo that", run_disable, add_manager_option)};
  command.footer = R"(
A profile is NAME.toml in ~/.config/snapfs or /etc/snapfs. Its keys are the long names of options,
and count where neither the command line nor the environment says anything.

Examples:
  snapfs profile init home                  # writes ~/.config/snapfs/home.toml
  snapfs profile check home                 # after it was edited
  snapfs profile show home                  # what it comes to
  snapfs -P home init; snapfs -P home run   # the repository, and the first snapshot
  snapfs profile enable home                # every night, from now on)";
  return command;
}

}  // namespace snapfs
