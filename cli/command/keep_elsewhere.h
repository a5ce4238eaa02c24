// What there is to do where a repository is append-only.
#pragma once

#include <string_view>

namespace snapfs {

/// For commands that make room or mend by removing.
inline constexpr std::string_view kKeepSomeElsewhere =
    "copy the snapshots that are to be kept to another repository: \"snapfs copy\"";

/// For commands that write new snapshots, and remove the old ones only when told to.
inline constexpr std::string_view kLeaveOutForget =
    "leave out --forget: the new snapshots are written beside the old ones";

}  // namespace snapfs
