// The options that every command takes, and where their defaults come from.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/option/remote_options.h"
#include "fs/format/compression.h"

namespace snapfs {

class Command;
class Profile;
class RunMetrics;
class SecureBytes;

/// As given on the command line; what is empty is looked for in the environment when it is used.
struct GlobalOptions {
  std::string profile_name;  ///< a name, or a path with a slash in it; the environment's, too
  std::string repository;
  std::string repository_file;
  std::string password_file;
  std::string password_command;
  bool insecure_no_password = false;
  std::string key_hint;  ///< the beginning of the ID of the key to try first
  std::chrono::nanoseconds retry_lock{0};
  bool no_lock = false;
  std::string compression;
  std::optional<std::int64_t> pack_size_mebibytes;
  bool no_extra_verify = false;
  std::string cache_directory;
  std::string cache_size;                ///< the largest that the cache may be; see cache_bounds()
  std::string cache_min_free;            ///< what it has to leave free on its file system
  std::uint64_t kept_content_bytes = 0;  ///< of files that the cache may keep; a mount's option
  bool no_cache = false;
  bool cleanup_cache = false;  ///< remove what is old in the cache before anything else
  RemoteOptions remote;
  bool stdin_is_data = false;  ///< standard input is to be stored: no password is read from it
  bool quiet = false;
  int verbosity = 0;
  bool json = false;
  bool log_json = false;     ///< what goes to standard error is JSON in the form of logs
  std::string metrics_file;  ///< empty: see metrics_path()
  /// What the command tells of its run; nothing when nobody wants to know.
  std::shared_ptr<RunMetrics> metrics;
  bool version = false;          ///< only say which version this is
  bool background = false;       ///< the command goes on in the background once it is ready
  std::function<void()> detach;  ///< to be called when it is; empty in the foreground

  /// Is told the ID of a snapshot that was taken; empty: nobody asks.
  std::function<void(const std::string& id)> on_snapshot;

  /// Where other settings come from; empty: there is no profile.
  std::shared_ptr<const Profile> profile;
  std::vector<std::string> given;  ///< the program's options on the line: "--name=value"

  /// The password, once a repository has opened with it, for commands that run one after another.
  std::shared_ptr<SecureBytes> known_password;

  /// Stand around the names of the variables that say which repository, and its password: "FROM_"
  /// for the one that is copied from.
  std::string variables;
  std::string variables_end;

  /// Such a variable's name without our own prefix: "REPOSITORY", "FROM_REPOSITORY", "REPOSITORY2".
  std::string variable(std::string_view word) const {
    return std::string(variables).append(word).append(variables_end);
  }

  /// The repository string: --repo, --repository-file, then the variables REPOSITORY and
  /// REPOSITORY_FILE. Throws Error{kUsage} when there is none.
  std::string repository_string() const;

  /// Throws Error{kUsage} for a word that is no mode.
  CompressionMode compression_mode() const;

  std::chrono::milliseconds retry_lock_duration() const;

  /// The size of packs in bytes: --pack-size, PACK_SIZE, 16 MiB. Throws Error{kUsage}.
  std::size_t pack_bytes() const;

  /// --metrics, or the variable METRICS; empty: there is none.
  std::string metrics_path() const;

  /// --key-hint, or the variable KEY_HINT; empty: there is none.
  std::string key_to_try_first() const;
};

/// Adds the options to the program, in groups of their own. `options` must outlive `program`.
void add_global_options(Command& program, GlobalOptions& options);

}  // namespace snapfs
