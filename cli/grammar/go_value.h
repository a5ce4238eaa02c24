// Values of options as Go's strconv reads them, for restic's command lines mean what Go makes of
// them.
#pragma once

#include <cstdint>
#include <string_view>

namespace snapfs {

/// 1, t, T, TRUE, true, True and their contraries. Throws Error{kUsage}.
bool parse_boolean(std::string_view text);

/// A whole number with a sign or without: decimal, 0x…, 0b…, 0o… or 0…, with single underscores
/// between digits when it has such a prefix. Throws Error{kUsage}.
std::int64_t parse_integer(std::string_view text);

}  // namespace snapfs
