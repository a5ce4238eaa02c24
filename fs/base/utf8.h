// Text as runes: UTF-8 read and written, and what counts as white space. No tables of the Unicode
// standard beyond that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace snapfs {

/// What stands for bytes that are not valid UTF-8.
inline constexpr char32_t kReplacementRune = 0xfffd;

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

/// Writes 1 to 4 bytes to `out` and returns how many.
std::size_t put_utf8(char32_t rune, std::uint8_t* out) noexcept;

void append_utf8(std::string& out, char32_t rune);

/// The beginning of `text` of at most `bytes` bytes that does not end inside a character. A byte
/// that is not valid UTF-8 is a character of its own.
std::string whole_beginning(std::string_view text, std::size_t bytes);

/// `text` without the white space around it, as Unicode defines white space.
std::string_view trim_white_space(std::string_view text) noexcept;

}  // namespace snapfs
