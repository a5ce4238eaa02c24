// Where the value of every option comes from: the line › the environment › the profile › its
// default. This is the one place that knows the order; of the environment, options ask by setting()
// (cli/option/setting.h) when they are used.
#pragma once

#include <string>
#include <vector>

#include "cli/grammar/command.h"
#include "cli/grammar/parser.h"
#include "cli/profile/profile.h"
#include "cli/profile/profile_keys.h"

namespace snapfs {

struct GlobalOptions;

enum class SettingSource { kLine, kEnvironment, kProfile, kDefault };

/// An option, or an argument that has a key, and what decides about it.
struct ResolvedSetting {
  const Option* option = nullptr;  ///< or:
  const Positional* positional = nullptr;
  SettingSource source = SettingSource::kDefault;
  std::string variable;           ///< kEnvironment: its name
  Place place;                    ///< kProfile: of the key
  std::vector<PlacedText> texts;  ///< kProfile

  const std::string& key() const noexcept {
    return option != nullptr ? option->name() : positional->key;
  }
};

/// Every option of the command at the end of the line's path and of the program, and every argument
/// with a key. `has_arguments`: the line has some. Throws what levels_for throws.
std::vector<ResolvedSetting> resolve_settings(const Profile& profile, const ParsedLine& line,
                                              bool has_arguments);

/// Gives the option of the setting its value from the profile. Throws Error{kUsage} with the place.
void set_from_profile(const ResolvedSetting& setting);

/// parse_line(), and what the line leaves open is taken from the profile that it names, or the
/// variable SNAPFS_PROFILE; that is then options.profile. One that is there already is used as it
/// is. Every key of the profile is looked at, also those of other commands. Throws Error.
ParsedLine parse_with_profile(const Command& program, GlobalOptions& options,
                              const std::vector<std::string>& arguments);

/// The name of the profile that the options or the environment ask for; empty: none.
std::string wanted_profile(const GlobalOptions& options);

}  // namespace snapfs
