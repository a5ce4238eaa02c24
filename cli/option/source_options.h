// --from-repo and its relatives: another repository, beside the one that a command is about.
#pragma once

#include <string>

namespace snapfs {

class Command;
struct GlobalOptions;

/// What names a repository, and opens it.
struct RepositoryOptions {
  std::string repository;
  std::string repository_file;
  std::string password_file;
  std::string password_command;
  bool insecure_no_password = false;
  std::string key_hint;

  bool is_given() const noexcept { return !repository.empty() || !repository_file.empty(); }
};

/// As given on the command line. The other repository has two sets of options and variables: those
/// that begin with "from", and old ones that end in 2, which mean another direction.
class SourceOptions {
 public:
  RepositoryOptions from;
  RepositoryOptions second;

  /// Whether one of them names a repository; the environment does not count.
  bool is_given() const noexcept { return from.is_given() || second.is_given(); }

  /// Whether the other repository is the one to copy to. Throws Error{kUsage} when both sets name
  /// one.
  bool is_target() const;

  /// As if the command were about that repository: with these options, and the variables
  /// FROM_REPOSITORY, FROM_PASSWORD and so on, or REPOSITORY2, PASSWORD2. Throws Error{kUsage} when
  /// nothing names one, or both sets do.
  GlobalOptions as_global(const GlobalOptions& global) const;
};

/// `options` must outlive `command`.
void add_source_options(Command& command, SourceOptions& options);

}  // namespace snapfs
