// Sizes as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapfs {

/// "0 B", "999 B", "1.500 KiB", "17.203 MiB": binary units, three decimals.
std::string format_size(std::uint64_t bytes);

/// A number of bytes, with k, M, G or T (or K, m, g, t) behind it for powers of 1024, or b or B for
/// none. Throws Error{kUsage}.
std::uint64_t parse_size(std::string_view text);

}  // namespace snapfs
