// Settings from the environment: SNAPFS_<name>, and RESTIC_<name> for those who come from there.
// Secrets are taken in password.h, not here.
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

}  // namespace snapfs
