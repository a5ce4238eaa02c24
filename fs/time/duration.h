// Durations as people write and read them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace snapfs {

/// "0:07", "12:34", "1:02:03".
std::string format_elapsed(std::chrono::seconds elapsed);

/// As Go writes durations, for restic's options do: numbers, with a point or without, each with one
/// of the units h, m, s, ms, us (µs), ns: "5m", "1h30m", "1.5h", "500ms"; "0" needs none; a minus
/// in front of all makes it negative. Throws Error{kUsage}.
std::chrono::nanoseconds parse_duration(std::string_view text);

/// The same in whole seconds, upwards. Error{kUsage} also for a negative one.
std::chrono::seconds parse_seconds(std::string_view text);

}  // namespace snapfs
