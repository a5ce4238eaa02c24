// Numbers as people write and read them: sizes, durations, times.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "fs/time/timestamp.h"

namespace snapfs {

/// "0 B", "999 B", "1.500 KiB", "17.203 MiB": binary units, three decimals.
std::string format_size(std::uint64_t bytes);

/// A number of bytes, with k, M, G or T (or K, m, g, t) behind it for powers of 1024, or b or B for
/// none. Throws Error{kUsage}.
std::uint64_t parse_size(std::string_view text);

/// "0:07", "12:34", "1:02:03".
std::string format_elapsed(std::chrono::seconds elapsed);

/// "2026-11-23 02:53:54" in the process's time zone.
std::string format_local_time(Timestamp time);

/// As Go writes durations, for restic's options do: numbers, with a point or without, each with one
/// of the units h, m, s, ms, us (µs), ns: "5m", "1h30m", "1.5h", "500ms"; "0" needs none; a minus
/// in front of all makes it negative. Throws Error{kUsage}.
std::chrono::nanoseconds parse_duration(std::string_view text);

/// The same in whole seconds, upwards. Error{kUsage} also for a negative one.
std::chrono::seconds parse_seconds(std::string_view text);

/// "2026-11-23 02:53:54" in the process's time zone, or RFC 3339 with its own. Throws
/// Error{kUsage}.
Timestamp parse_time(std::string_view text);

}  // namespace snapfs
