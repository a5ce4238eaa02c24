// The options that every command takes, and where their defaults come from.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "fs/repo/compression.h"

namespace snapfs {

class Command;

/// As given on the command line; what is empty is looked for in the environment when it is used.
struct GlobalOptions {
  std::string repository;
  std::string repository_file;
  std::string password_file;
  std::string password_command;
  bool insecure_no_password = false;
  std::string retry_lock;
  std::string compression;
  std::string cache_directory;
  bool no_cache = false;
  bool no_extra_verify = false;
  bool stdin_is_data = false;  ///< standard input is to be stored: no password is read from it
  bool quiet = false;
  int verbosity = 0;
  bool json = false;
  bool version = false;          ///< only say which version this is
  bool background = false;       ///< the command goes on in the background once it is ready
  std::function<void()> detach;  ///< to be called when it is; empty in the foreground

  /// Stands before the names of the variables that say which repository, and its password: "FROM_"
  /// for the one that is copied from.
  std::string variables;

  /// The repository string: --repo, --repository-file, then the variables REPOSITORY and
  /// REPOSITORY_FILE. Throws Error{kUsage} when there is none.
  std::string repository_string() const;

  /// Throws Error{kUsage} for a word that is no mode.
  CompressionMode compression_mode() const;

  std::chrono::seconds retry_lock_duration() const;
};

/// Adds the options to the program, in groups of their own. `options` must outlive `program`.
void add_global_options(Command& program, GlobalOptions& options);

}  // namespace snapfs
