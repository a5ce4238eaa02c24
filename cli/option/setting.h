// Where a setting comes from: an option, else the environment, else its default. This is the one
// place that knows the order; another source, such as a file of settings, would come before the
// default. In the environment it is SNAPFS_<name>, or RESTIC_<name> for those who come from there.
// Secrets are taken in cli/session/password.h, not here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

/// The two prefixes, the stronger one first.
inline constexpr std::string_view kVariablePrefixes[] = {"SNAPFS_", "RESTIC_"};

/// The value of <prefix><name>; a variable that is set but empty counts as not set.
std::optional<std::string> environment_setting(std::string_view prefix, std::string_view name);

/// The value of SNAPFS_<name>, or else of RESTIC_<name>; a variable that is set but empty counts as
/// not set. Not thread-safe against changes of the environment.
std::optional<std::string> environment_setting(std::string_view name);

/// What `option` was given, unless that is nothing; else the variable's value; else `otherwise`.
std::string setting(const std::string& option, std::string_view variable,
                    std::string_view otherwise = {});

/// The same of an option for which to be empty says something: nothing when neither is given.
std::optional<std::string> setting(const std::optional<std::string>& option,
                                   std::string_view variable);

}  // namespace snapfs
