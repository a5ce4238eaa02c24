// A profile as it works: every key with its value, and where that is from.
#pragma once

#include <string>

#include "cli/grammar/command.h"
#include "cli/profile/profile.h"

namespace snapfs {

enum class ShownTables {
  kUsual,  ///< snapshot, forget, check, mount, restore, and what else the profile has
  kAll,    ///< those of every command that has keys
};

/// As TOML: keys that are set as they are, the others behind "#" with what a variable says or their
/// defaults, each followed by the file and line, the variable, or "default". Passwords in addresses
/// are replaced; what variables say about a password is left out. Throws Error{kUsage} for a
/// mistake in the profile. `program` must be as it was made.
std::string profile_text(const Profile& profile, const Command& program,
                         ShownTables which = ShownTables::kUsual);

/// The same as a JSON array of objects: table, key, values, source, file, line, variable,
/// otherwise.
std::string profile_json(const Profile& profile, const Command& program,
                         ShownTables which = ShownTables::kUsual);

/// `text` as a string of TOML, quoted.
std::string toml_string(std::string_view text);

}  // namespace snapfs
