// Where a setting comes from: an option, else the environment, else its default. What a profile
// says is given to options before they are asked, and only where neither the line nor the
// environment says anything: cli/profile/settings.h has the whole order. In the environment it is
// SNAPFS_<name>, or RESTIC_<name> for those who come from there. Secrets are taken in
// cli/session/password.h, not here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

class Option;

/// The two prefixes, the stronger one first.
inline constexpr std::string_view kVariablePrefixes[] = {"SNAPFS_", "RESTIC_"};

/// The value of the variable of this whole name; one that is set but empty counts as not set.
std::optional<std::string> variable_value(const std::string& variable);

/// The value of <prefix><name>; a variable that is set but empty counts as not set.
std::optional<std::string> environment_setting(std::string_view prefix, std::string_view name);

/// The value of SNAPFS_<name>, or else of RESTIC_<name>; a variable that is set but empty counts as
/// not set. Not thread-safe against changes of the environment.
std::optional<std::string> environment_setting(std::string_view name);

/// The name of the variable that says something about the option where the line does not; nothing
/// when none of those is set that the table of options names.
std::optional<std::string> variable_in_use(const Option& option);

/// What `option` was given, unless that is nothing; else the variable's value; else `otherwise`.
std::string setting(const std::string& option, std::string_view variable,
                    std::string_view otherwise = {});

/// The same of an option for which to be empty says something: nothing when neither is given.
std::optional<std::string> setting(const std::optional<std::string>& option,
                                   std::string_view variable);

}  // namespace snapfs
