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

/// Whether every byte belongs to a well-formed UTF-8 sequence (no overlong forms, no surrogates).
bool is_valid_utf8(std::string_view text) noexcept;

/// One decoded code point, or one byte that is not part of any.
struct Rune {
  char32_t code_point = 0;  ///< meaningless when not valid
  std::uint32_t size = 1;   ///< bytes taken, 1…4
  bool valid = false;
};

/// The first rune of `text`, which is not empty.
Rune decode_rune(std::string_view text) noexcept;

}  // namespace snapfs
