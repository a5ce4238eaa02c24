// snapfs migrate: changes of the repository's format.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/command/keep_elsewhere.h"
#include "cli/option/global_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/maintain/check.h"
#include "fs/repo/upgrade.h"

namespace snapfs {
namespace {

constexpr std::string_view kUpgrade = "upgrade_repo_v2";

struct MigrateArguments {
  std::vector<std::string> names;
  bool force = false;
};

void require_known(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == kUpgrade) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("there is no migration \"{}\": \"snapfs migrate\" shows those that can "
                            "be applied",
                            name),
                name);
  }
}

constexpr std::string_view kDescription = "to version 2 of the format, which compresses";

void list_migrations(const Repository& repository, bool json) {
  const bool available = can_upgrade(repository);
  if (json) {
    JsonObject object;
    object.text("name", kUpgrade).text("description", kDescription);
    print(available ? fmt::format("[{}]\n", object.finish()) : "[]\n");
  } else {
    print(available ? fmt::format("available migrations:\n  {}  {}\n", kUpgrade, kDescription)
                    : "there is no migration for this repository\n");
  }
}

void report_upgrade(const GlobalOptions& options) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", "migrated").text("name", kUpgrade).number("version", 2);
    print(object.finish() + "\n");
  } else if (!options.quiet) {
    print(
        "the repository has version 2 now; \"snapfs prune --repack-uncompressed\" compresses what "
        "is stored\n");
  }
}

/// Prints what is wrong.
class ErrorPrinter final : public CheckListener {
 public:
  explicit ErrorPrinter(bool json) : json_(json) {}
  void error(std::string_view message) override { print_warning(json_, "error", message); }

 private:
  bool json_;
};

/// A repository that is damaged is repaired first: whatever is found later should not be the
/// migration's fault.
void require_sound(const GlobalOptions& options, Session& session) {
  if (!options.quiet && !options.json) print("checking the repository first\n");
  ErrorPrinter printer(options.json);
  const CheckVerdict verdict =
      check_repository(session.repository(), CheckOptions{}, printer, session.stop());
  if (verdict.sound()) return;
  throw Error(ErrorCode::kDamaged,
              "the repository is damaged: nothing was changed; \"snapfs check\" says what to do");
}

ExitCode run_migrate(const GlobalOptions& options, const MigrateArguments& arguments,
                     Signals& signals) {
  require_known(arguments.names);
  WantedLock lock(LockMode::kExclusive);
  if (!arguments.names.empty()) lock = lock.removing(kKeepSomeElsewhere);
  Session session(options, signals, lock);
  Repository& repository = session.repository();
  if (arguments.names.empty()) {
    list_migrations(repository, options.json);
    return ExitCode::kSuccess;
  }
  if (!can_upgrade(repository)) {
    print_warning(options.json, kUpgrade,
                  "the repository has version 2 already: nothing was changed");
    return ExitCode::kSuccess;
  }
  require_sound(options, session);
  session.require_lock();
  upgrade_to_version_2(repository, session.stop());
  report_upgrade(options);
  return ExitCode::kSuccess;
}

}  // namespace

Command migrate_command(GlobalOptions& options) {
  Command command("migrate", "Bring a repository to a newer version of the format");
  MigrateArguments& arguments = bind_command(command, options, run_migrate);
  command.take_all("MIGRATION", &arguments.names, "Apply it; without one: list what there is");
  command.add("Migrate", {"-f,--force", &arguments.force,
                          "Taken for restic's sake; there is nothing to force"});
  command.footer = R"(
upgrade_repo_v2 replaces the config file, in one step; programs that know only version 1 cannot
open the repository any more. What is stored stays uncompressed until it is repacked.

Example:
  snapfs migrate upgrade_repo_v2)";
  return command;
}

}  // namespace snapfs
