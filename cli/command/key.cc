// snapfs key: the passwords that a repository opens with.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/table.h"
#include "cli/process/signals.h"
#include "cli/session/id_argument.h"
#include "cli/session/lock_option.h"
#include "cli/session/password.h"
#include "cli/session/session.h"
#include "fs/repo/identity.h"
#include "fs/repo/keyring.h"
#include "fs/time/local_time.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

struct KeyArguments {
  NewPasswordOptions password;
  std::string username;
  std::string hostname;
  std::string id;

  KeyOwner owner() const {
    const Identity identity = Identity::of_process();
    return {username.empty() ? identity.username : username,
            hostname.empty() ? identity.hostname : hostname, std::nullopt};
  }
};

/// In local time; as it was written when it is no time.
std::string created_text(const KeyFile& file) {
  const std::optional<ZonedTime> time = parse_rfc3339(file.created);
  return time ? format_local_time(time->instant) : file.created;
}

std::string keys_json(const std::vector<StoredKey>& keys, const Id& current) {
  std::vector<std::string> objects;
  for (const auto& [id, file] : keys) {
    JsonObject object;
    object.raw("current", id == current ? "true" : "false")
        .text("id", id.hex())
        .text("userName", file.username)
        .text("hostName", file.hostname)
        .text("created", created_text(file));
    objects.push_back(object.finish());
  }
  return fmt::format("[{}]\n", fmt::join(objects, ","));
}

std::string keys_table(const std::vector<StoredKey>& keys, const Id& current) {
  Table table({" ID", "User", "Host", "Created"});
  for (const auto& [id, file] : keys) {
    table.add_row({(id == current ? "*" : " ") + id.short_hex(), file.username, file.hostname,
                   created_text(file)});
  }
  return table.text();
}

/// Where keys cannot be removed.
constexpr std::string_view kOnlyAdd = "add another password: \"snapfs key add\"";

ExitCode run_list(const GlobalOptions& options, const KeyArguments& /*arguments*/,
                  Signals& signals) {
  Session session(options, signals, lock_unless(options.no_lock, LockMode::kShared));
  std::size_t left_out = 0;
  const auto warn = [&](const Id& id, const Error& error) {
    ++left_out;
    print_warning(options.json, id.hex(), error.what());
  };
  const std::vector<StoredKey> keys = list_keys(session.repository(), warn, session.stop());
  const Id current = session.repository().key_id();
  print(options.json ? keys_json(keys, current) : keys_table(keys, current));
  if (left_out == 0) return ExitCode::kSuccess;
  print_exit_error(
      options.json, ExitCode::kFatal,
      fmt::format("{} key{} left out, named above", left_out, left_out == 1 ? " was" : "s were"));
  return ExitCode::kFatal;
}

/// `message_type` for programs, `what` for people.
void report_key(const GlobalOptions& options, std::string_view message_type, std::string_view what,
                const Id& id) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", message_type).text("id", id.hex());
    print(object.finish() + "\n");
  } else if (!options.quiet) {
    print(fmt::format("{} {}\n", what, id.hex()));
  }
}

ExitCode run_add(const GlobalOptions& options, const KeyArguments& arguments, Signals& signals) {
  Session session(options, signals, LockMode::kShared);
  const SecureBytes password = read_new_password(arguments.password, session.stop());
  const Id id = add_key(session.repository(), session.clock(), password.view(), arguments.owner(),
                        session.stop());
  report_key(options, "key", "saved new key with ID", id);
  return ExitCode::kSuccess;
}

ExitCode run_remove(const GlobalOptions& options, const KeyArguments& arguments, Signals& signals) {
  require_digits_to_remove(std::span(&arguments.id, 1), "key");
  Session session(options, signals, WantedLock(LockMode::kExclusive).removing(kOnlyAdd));
  const Id id = find_key(session.repository(), arguments.id, session.stop());
  session.require_lock();
  remove_key(session.repository(), id, session.stop());
  report_key(options, "removed", "removed key", id);
  return ExitCode::kSuccess;
}

ExitCode run_passwd(const GlobalOptions& options, const KeyArguments& arguments, Signals& signals) {
  Session session(options, signals, WantedLock(LockMode::kExclusive).removing(kOnlyAdd));
  const SecureBytes password = read_new_password(arguments.password, session.stop());
  session.require_lock();
  const Id id = replace_key(session.repository(), session.clock(), password.view(),
                            arguments.owner(), session.stop());
  report_key(options, "key", "the password was changed: saved new key as", id);
  return ExitCode::kSuccess;
}

void take_new_password(Command& command, KeyArguments& arguments) {
  command.add("New key",
              {
                  {"--new-password-file", "FILE", &arguments.password.file,
                   "Read the new password from FILE"},
                  {"--new-insecure-no-password", &arguments.password.none,
                   "Have it open without a password"},
                  Option("--user", "NAME", &arguments.username, "Note NAME as whose key it is")
                      .otherwise("this user's name"),
                  Option("--host", "HOST", &arguments.hostname, "Note HOST as where it is from")
                      .otherwise("this machine's name"),
              });
}

Command key_list(GlobalOptions& options) {
  Command command("list", "Show the keys; * marks the one in use");
  bind_command(command, options, run_list);
  return command;
}

Command key_add(GlobalOptions& options) {
  Command command("add", "Have the repository open with another password, too");
  take_new_password(command, bind_command(command, options, run_add));
  return command;
}

Command key_remove(GlobalOptions& options) {
  Command command("remove", "Remove a key: its password opens nothing any more");
  KeyArguments& arguments = bind_command(command, options, run_remove);
  command.take("ID", &arguments.id, "The key's ID, or an unambiguous beginning of it");
  return command;
}

Command key_passwd(GlobalOptions& options) {
  Command command("passwd", "Change the password in use");
  take_new_password(command, bind_command(command, options, run_passwd));
  return command;
}

}  // namespace

Command key_command(GlobalOptions& options) {
  Command command("key", "List, add, remove and change passwords");
  command.subcommands = {key_list(options), key_add(options), key_remove(options),
                         key_passwd(options)};
  command.footer = R"(
Each key file holds the repository's master key under a password of its own. Whoever has had a
password may have kept the master key: removing a key does not lock them out of a copy.

Examples:
  snapfs key add --new-password-file ~/.second-password --user backup
  snapfs key passwd                        # asks for the new password twice
  snapfs key remove 1a2b3c4d)";
  return command;
}

}  // namespace snapfs
