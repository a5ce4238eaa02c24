// Moments as people name them: "2026-11-01", "yesterday", "2h-ago".
#pragma once

#include <optional>
#include <string_view>

#include "fs/time/timestamp.h"
#include "fs/time/timezone.h"

namespace snapfs {

/// The last instant of what `text` names; nothing when it names no time.
///
/// * A date or time stands for all of what it names: 2026-11-01 for that day to its end, 2026-11
///   for the month, 2026 for the year, 2026-11-01T12:00 for that minute. Between date and time
///   stands a T or a blank, in the time colons or hyphens. A zone (Z, +01:00, +0100) may follow;
///   without it the clock of `zone` counts.
/// * now, today, yesterday. Days end at midnight of `zone`.
/// * Time spans before `now`: a number with s, min, h, d, w, m (months) or y, several of them one
///   after the other, as in 1d12h-ago; "-ago" may be left out. Days and longer keep the time of
///   day, and the end of a month stays in its month.
std::optional<Timestamp> parse_time_expression(std::string_view text, Timestamp now,
                                               const TimeZone& zone);

}  // namespace snapfs
