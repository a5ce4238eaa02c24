// Lower-case hexadecimal, as IDs and the chunker polynomial are written.
#pragma once

#include <string>
#include <string_view>

#include "fs/base/bytes.h"

namespace snapfs {

/// Two lower-case digits a byte.
std::string to_hex(ByteView bytes);

/// Writes 2 × bytes.size() digits to `out`, without a terminator.
void write_hex(ByteView bytes, char* out) noexcept;

/// Reads exactly 2 × out.size() digits of either case; false on any other text.
bool parse_hex(std::string_view text, MutByteView out) noexcept;

}  // namespace snapfs
