// The profile that somebody begins with.
#pragma once

#include <string>

namespace snapfs {

/// What is known when it is made; what is empty stays an example to be filled in.
struct ProfileStart {
  std::string repository;
  std::string password_file;
  std::string hostname;
};

/// TOML with comments: a snapshot of the home directory, a policy, and what else there is, behind
/// "#". It can be used as soon as the repository and the password file exist.
std::string profile_template(const ProfileStart& start);

/// Writes a new file that only its owner can read, with what its directory lacks. Throws
/// Error{kExists} when there is one already: it is never replaced.
void write_new_profile(const std::string& path, const std::string& text);

}  // namespace snapfs
