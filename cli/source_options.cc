#include "cli/source_options.h"

#include "cli/environment.h"
#include "cli/global_options.h"
#include "cli/grammar/command.h"
#include "fs/base/error.h"

namespace snapfs {

GlobalOptions SourceOptions::as_global(const GlobalOptions& global) const {
  if (!is_given() && !environment_setting("FROM_REPOSITORY") &&
      !environment_setting("FROM_REPOSITORY_FILE")) {
    throw Error(ErrorCode::kUsage,
                "no repository to copy from was named: give it with --from-repo, or set "
                "SNAPFS_FROM_REPOSITORY");
  }
  GlobalOptions source = global;
  source.repository = repository;
  source.repository_file = repository_file;
  source.password_file = password_file;
  source.password_command = password_command;
  source.insecure_no_password = insecure_no_password;
  source.key_hint = key_hint;
  source.variables = "FROM_";
  return source;
}

void add_source_options(Command& command, SourceOptions& options) {
  const char* const group = "Where from";
  command.add(
      group,
      {
          {"--from-repo", "LOCATION", &options.repository,
           "The repository to copy from (or SNAPFS_FROM_REPOSITORY)"},
          {"--from-repository-file", "FILE", &options.repository_file,
           "Read its name from FILE (or SNAPFS_FROM_REPOSITORY_FILE)"},
          {"--from-password-file", "FILE", &options.password_file,
           "Read its password from FILE (or SNAPFS_FROM_PASSWORD_FILE)"},
          {"--from-password-command", "COMMAND", &options.password_command,
           "Run COMMAND, which prints its password (or SNAPFS_FROM_PASSWORD_COMMAND)"},
          {"--from-insecure-no-password", &options.insecure_no_password, "Its password is empty"},
          {"--from-key-hint", "ID", &options.key_hint,
           "Try the key with this ID first (or SNAPFS_FROM_KEY_HINT)"},
      });
  // As restic called them once.
  const auto add_old = [&](const char* name, const char* value_name, std::string* variable) {
    command.add(group, Option(name, value_name, variable, "")
                           .deprecated("use the option that begins with --from-"));
  };
  add_old("--repo2", "LOCATION", &options.repository);
  add_old("--repository-file2", "FILE", &options.repository_file);
  add_old("--password-file2", "FILE", &options.password_file);
  add_old("--password-command2", "COMMAND", &options.password_command);
  add_old("--key-hint2", "ID", &options.key_hint);
}

}  // namespace snapfs
