// Times as text: RFC 3339 with nanoseconds, exactly as the format writes them (FORMAT §9, §10.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fs/time/timestamp.h"

namespace snapfs {

/// Appends `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`. Trailing zeros of the fraction are dropped;
/// offsets are cut to minutes towards zero while the clock time keeps their seconds. Years outside
/// 0…9999 are moved to the nearer bound, keeping month, day and time of day; TimeZone::at does so
/// with the offset that is in force then.
void append_rfc3339(std::string& out, const ZonedTime& time);

std::string format_rfc3339(const ZonedTime& time);

/// Nothing when the text is not such a time.
std::optional<ZonedTime> parse_rfc3339(std::string_view text) noexcept;

}  // namespace snapfs
