// Where profiles lie, and whether one may be believed. What is in them is not looked at here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// The directories that profiles are looked for in, the first one first: $XDG_CONFIG_HOME/snapfs or
/// ~/.config/snapfs, then /etc/snapfs.
std::vector<std::string> profile_directories();

/// A profile that lies in one of them.
struct ProfileName {
  std::string name;
  std::string path;
};

/// All of them by name; of two of one name the first is the one that counts. A directory that is
/// not there, or may not be read, holds none.
std::vector<ProfileName> list_profiles();

/// Whether `name` may be one: without slashes and control characters, and with something before a
/// dot. Throws Error{kUsage} for others.
void require_profile_name(std::string_view name);

/// The path of the profile `name`: that path itself when it has a slash in it, else NAME.toml in
/// `first`, unless that is empty, and in the directories above. Throws Error{kNotFound} that says
/// where it was looked for, and which name is like it.
std::string find_profile(const std::string& name, const std::string& first = {});

/// The content of a profile. Throws Error{kPermission} when somebody else could have written it or
/// put it there (see profile_trust.h), since it holds commands.
std::string read_profile(const std::string& path);

/// ~, for texts that no shell has read; empty when nobody knows.
std::string home_directory();

}  // namespace snapfs
