// Standard base64 with padding (RFC 4648 §4), as Go writes byte slices in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"

namespace snapfs {

void append_base64(std::string& out, ByteView bytes);

/// Nothing when the text is not base64.
std::optional<Bytes> parse_base64(std::string_view text);

}  // namespace snapfs
