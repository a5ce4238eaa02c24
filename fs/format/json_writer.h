// JSON text exactly as Go's encoding/json writes it (FORMAT §9): trees are named by these bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapfs {

/// Appends `text`, quoted. Bytes that are not valid UTF-8 become \ufffd, one each.
void append_json_string(std::string& out, std::string_view text);

/// Appends a decimal number.
void append_json_number(std::string& out, std::uint64_t value);

}  // namespace snapfs
