// snapfs key: the passwords that a repository opens with.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/global_options.h"
#include "cli/json_object.h"
#include "cli/lock_option.h"
#include "cli/output.h"
#include "cli/password.h"
#include "cli/quantity.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/table.h"
#include "fs/base/rfc3339.h"
#include "fs/repo/identity.h"
#include "fs/repo/keyring.h"

namespace snapfs {
namespace {

struct KeyArguments {
  NewPasswordOptions password;
  std::string username;
  std::string hostname;
  std::string id;
  bool no_lock = false;

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

ExitCode run_list(const GlobalOptions& options, const KeyArguments& arguments, Signals& signals) {
  Session session(options, signals, lock_unless(arguments.no_lock, LockMode::kShared));
  const auto warn = [&options](const Id& id, const Error& error) {
    print_warning(options.json, id.hex(), error.what());
  };
  const std::vector<StoredKey> keys = list_keys(session.repository(), warn, session.stop());
  const Id current = session.repository().key_id();
  print(options.json ? keys_json(keys, current) : keys_table(keys, current));
  return ExitCode::kSuccess;
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
  Session session(options, signals, LockMode::kExclusive);
  const Id id = find_key(session.repository(), arguments.id, session.stop());
  session.require_lock();
  remove_key(session.repository(), id, session.stop());
  report_key(options, "removed", "removed key", id);
  return ExitCode::kSuccess;
}

ExitCode run_passwd(const GlobalOptions& options, const KeyArguments& arguments, Signals& signals) {
  Session session(options, signals, LockMode::kExclusive);
  const SecureBytes password = read_new_password(arguments.password, session.stop());
  session.require_lock();
  const Id id = replace_key(session.repository(), session.clock(), password.view(),
                            arguments.owner(), session.stop());
  report_key(options, "key", "the password was changed; the new key is", id);
  return ExitCode::kSuccess;
}

using Run = ExitCode (*)(const GlobalOptions&, const KeyArguments&, Signals&);

/// One command of "snapfs key".
class KeyCommand {
 public:
  KeyCommand(CLI::App& parent, const char* name, const char* text)
      : app_(*parent.add_subcommand(name, text)), arguments_(std::make_shared<KeyArguments>()) {}

  void take_new_password() {
    const char* const group = "New key";
    app_.add_option("--new-password-file", arguments_->password.file,
                    "Read the new password from FILE")
        ->type_name("FILE")
        ->group(group);
    app_.add_flag("--new-insecure-no-password", arguments_->password.none,
                  "Have it open without a password")
        ->group(group);
    app_.add_option("--user", arguments_->username, "Note NAME as whose key it is")
        ->type_name("NAME")
        ->group(group);
    app_.add_option("--host", arguments_->hostname, "Note HOST as where it is from")
        ->type_name("HOST")
        ->group(group);
  }

  void take_id() {
    app_.add_option("ID", arguments_->id, "The key's ID, or an unambiguous beginning of it")
        ->type_name("")
        ->required();
  }

  void take_no_lock() { add_no_lock_option(app_, arguments_->no_lock); }

  void run_with(GlobalOptions& options, Command& chosen, Run run) {
    add_global_options(app_, options);
    app_.callback([&options, &chosen, run, arguments = arguments_] {
      chosen = [&options, run, arguments](Signals& signals) {
        return run(options, *arguments, signals);
      };
    });
  }

 private:
  CLI::App& app_;
  std::shared_ptr<KeyArguments> arguments_;
};

}  // namespace

void add_key_command(CLI::App& program, GlobalOptions& options, Command& chosen) {
  CLI::App* command = program.add_subcommand("key", "List, add, remove and change passwords");
  command->require_subcommand(1);
  add_global_options(*command, options);
  KeyCommand list(*command, "list", "Show the keys; * marks the one in use");
  list.run_with(options, chosen, run_list);
  list.take_no_lock();
  KeyCommand add(*command, "add", "Have the repository open with another password, too");
  add.take_new_password();
  add.run_with(options, chosen, run_add);
  KeyCommand remove(*command, "remove", "Remove a key: its password opens nothing any more");
  remove.take_id();
  remove.run_with(options, chosen, run_remove);
  KeyCommand passwd(*command, "passwd", "Change the password in use");
  passwd.take_new_password();
  passwd.run_with(options, chosen, run_passwd);
  command->footer(R"(
Each key file holds the repository's master key under a password of its own. Whoever has had a
password may have kept the master key: removing a key does not lock them out of a copy.

Examples:
  snapfs key add --new-password-file ~/.second-password --user backup
  snapfs key passwd                        asks for the new password twice
  snapfs key remove 1a2b3c4d)");
}

}  // namespace snapfs
