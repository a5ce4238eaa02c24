#include "cli/option/source_options.h"

#include "cli/grammar/command.h"
#include "cli/option/global_options.h"
#include "cli/option/setting.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr const char* kFrom = "FROM_";
constexpr const char* kSecond = "2";

bool is_named(const RepositoryOptions& options, const char* before, const char* behind) {
  if (options.is_given()) return true;
  for (const char* const word : {"REPOSITORY", "REPOSITORY_FILE"}) {
    if (environment_setting(std::string(before) + word + behind)) return true;
  }
  return false;
}

}  // namespace

bool SourceOptions::is_target() const {
  if (!is_named(second, "", kSecond)) return false;
  if (!is_named(from, kFrom, "")) return true;
  throw Error(ErrorCode::kUsage,
              "--from-repo and --repo2 (or their variables) exclude each other: give one");
}

GlobalOptions SourceOptions::as_global(const GlobalOptions& global) const {
  const bool old = is_target();
  if (!old && !is_named(from, kFrom, "")) {
    throw Error(ErrorCode::kUsage,
                "no repository to copy from was named: give it with --from-repo, or set "
                "SNAPFS_FROM_REPOSITORY");
  }
  const RepositoryOptions& options = old ? second : from;
  GlobalOptions other = global;
  other.repository = options.repository;
  other.repository_file = options.repository_file;
  other.password_file = options.password_file;
  other.password_command = options.password_command;
  other.insecure_no_password = options.insecure_no_password;
  other.key_hint = options.key_hint;
  other.known_password.reset();
  other.variables = old ? "" : kFrom;
  other.variables_end = old ? kSecond : "";
  return other;
}

void add_source_options(Command& command, SourceOptions& options) {
  RepositoryOptions& from = options.from;
  RepositoryOptions& second = options.second;
  const char* const instead = "use --repo and --from-repo";
  command.add(
      "Where from",
      {
          Option("--from-repo", "LOCATION", &from.repository,
                 "The repository to copy from (or SNAPFS_FROM_REPOSITORY)")
              .variable("FROM_REPOSITORY")
              .about("source repository"),
          Option("--from-repository-file", "FILE", &from.repository_file,
                 "Read its name from FILE (or SNAPFS_FROM_REPOSITORY_FILE)")
              .variable("FROM_REPOSITORY_FILE")
              .about("source repository"),
          Option("--from-password-file", "FILE", &from.password_file,
                 "Read its password from FILE (or SNAPFS_FROM_PASSWORD_FILE)")
              .variable("FROM_PASSWORD_FILE")
              .variable("FROM_PASSWORD")
              .about("source password"),
          Option("--from-password-command", "COMMAND", &from.password_command,
                 "Run COMMAND, which prints its password (or SNAPFS_FROM_PASSWORD_COMMAND)")
              .variable("FROM_PASSWORD_COMMAND")
              .about("source password"),
          Option("--from-insecure-no-password", &from.insecure_no_password, "Its password is empty")
              .about("source password"),
          Option("--from-key-hint", "ID", &from.key_hint,
                 "Try the key with this ID first (or SNAPFS_FROM_KEY_HINT)")
              .variable("FROM_KEY_HINT"),
          Option("--repo2", "LOCATION", &second.repository, "").deprecated(instead),
          Option("--repository-file2", "FILE", &second.repository_file, "").deprecated(instead),
          Option("--password-file2", "FILE", &second.password_file, "").deprecated(instead),
          Option("--password-command2", "COMMAND", &second.password_command, "")
              .deprecated(instead),
          Option("--key-hint2", "ID", &second.key_hint, "").deprecated(instead),
      });
}

}  // namespace snapfs
