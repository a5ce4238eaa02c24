// TOML (toml.io, version 1.0) as values. The one place that knows the library: its templates are
// instantiated in this file's source only.
#pragma once

#include <string>
#include <string_view>

#include "cli/profile/profile_value.h"

namespace snapfs {

/// The table that `text` is; `file` is its name in places and messages. Throws Error{kUsage},
/// "<file>:<line>:<column>: …", where it is no TOML.
ProfileValue parse_toml(std::string_view text, const std::string& file);

}  // namespace snapfs
