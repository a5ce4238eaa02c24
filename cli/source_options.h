// --from-repo and its relatives: another repository, which a command only reads.
#pragma once

#include <string>

namespace snapfs {

class Command;
struct GlobalOptions;

/// As given on the command line.
struct SourceOptions {
  std::string repository;
  std::string repository_file;
  std::string password_file;
  std::string password_command;
  bool insecure_no_password = false;
  std::string key_hint;

  /// Whether one of them names a repository; the environment does not count.
  bool is_given() const noexcept { return !repository.empty() || !repository_file.empty(); }

  /// As if the command were about that repository: with these options, and the variables
  /// FROM_REPOSITORY, FROM_PASSWORD and so on. Throws Error{kUsage} when nothing names one.
  GlobalOptions as_global(const GlobalOptions& global) const;
};

/// `options` must outlive `command`.
void add_source_options(Command& command, SourceOptions& options);

}  // namespace snapfs
