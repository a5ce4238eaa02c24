// Times in the process's time zone, as lists show them.
#pragma once

#include <string>
#include <string_view>

#include "fs/time/timestamp.h"

namespace snapfs {

/// "2026-11-23 02:53:54" in the process's time zone.
std::string format_local_time(Timestamp time);

/// "2026-11-23 02:53:54" in the process's time zone, or RFC 3339 with its own. Throws
/// Error{kUsage}.
Timestamp parse_time(std::string_view text);

}  // namespace snapfs
