// How rclone is started as a server of restic's REST protocol, and what it says when it serves.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// What the user says of it, as command lines: words are split as a shell does.
struct RcloneOptions {
  std::string program = "rclone";

  /// restic's default. The two speak over a pipe, which takes HTTP/2; here rclone listens on a port
  /// of this machine instead, so that --stdio is left out.
  std::string arguments = "serve restic --stdio --b2-hard-delete";

  std::chrono::milliseconds start_timeout{std::chrono::minutes(1)};
  std::chrono::milliseconds end_timeout{500};  ///< then it is killed

  /// What it gets beside the variables that any program gets, as rclone_passwords() finds it.
  std::vector<std::string> passwords = {};
};

/// The words of the command line that has rclone serve `remote`, such as "remote:path", on a port
/// of 127.0.0.1 that the system chooses; unless the arguments say where. Throws Error{kUsage} for
/// an open quote, or a remote that is empty.
std::vector<std::string> rclone_command(const RcloneOptions& options, std::string_view remote);

/// rclone's own variables in `environment` whose names end like those of passwords that no other
/// program gets: "RCLONE_CONFIG_SECRET_PASSWORD=x".
std::vector<std::string> rclone_passwords(const char* const* environment);

/// The URL in the line in which rclone says where it serves, ending with a slash; nothing in any
/// other line.
std::optional<std::string> served_url(std::string_view line);

/// Whether a line of rclone's tells the user something that he does not know. That a file or
/// directory is not there is an answer to us, and an expected one before there is a repository;
/// that there is no file of remotes says nothing where none of them is used.
bool is_news(std::string_view line);

/// The remote for messages: what a connection string says besides its kind may be secret, as in
/// ":s3,secret_access_key=x:bucket".
std::string shown_remote(std::string_view remote);

}  // namespace snapfs
