// A profile as it works: every key with its value, and where that is from.
#pragma once

#include <string>

#include "cli/grammar/command.h"
#include "cli/profile/profile.h"

namespace snapfs {

/// As TOML: keys that are set as they are, the others behind "#" with their defaults, each followed
/// by the file and line, the variable, or "default". The usual commands are there whether the
/// profile has tables for them or not. Passwords in addresses are replaced, those in variables left
/// out. Throws Error{kUsage} for a mistake in the profile. `program` must be as it was made.
std::string profile_text(const Profile& profile, const Command& program);

/// The same as a JSON array of objects: table, key, values, source, file, line, variable.
std::string profile_json(const Profile& profile, const Command& program);

/// `text` as a string of TOML, quoted.
std::string toml_string(std::string_view text);

}  // namespace snapfs
