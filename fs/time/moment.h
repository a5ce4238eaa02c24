// Dates and times as people write them.
#pragma once

#include <string_view>

#include "fs/time/timestamp.h"

namespace snapfs {

/// "2026-11-23" or "23.11.2026", which is that midnight, with " 02:53" or " 02:53:54" behind it or
/// not, in the process's time zone unless "+0100" follows; or RFC 3339. Throws Error{kUsage}.
Timestamp parse_moment(std::string_view text);

}  // namespace snapfs
