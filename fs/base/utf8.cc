#include "fs/base/utf8.h"

#include <algorithm>
#include <array>

namespace snapfs {
namespace {

bool is_white_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

/// The size of the white space that `text` ends with, 0 if it ends otherwise.
std::size_t trailing_space_size(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= std::min<std::size_t>(3, text.size()); ++size) {
    const Rune rune = decode_rune(text.substr(text.size() - size));
    if (rune.valid && rune.size == size) return is_white_space(rune.code_point) ? size : 0;
  }
  return 0;
}

bool is_continuation(unsigned char c) noexcept { return (c & 0xc0) == 0x80; }

}  // namespace

Rune decode_rune(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  std::uint32_t size = 0;
  char32_t code = 0;
  char32_t smallest = 0;
  if ((first & 0xe0) == 0xc0) {
    size = 2, code = first & 0x1f, smallest = 0x80;
  } else if ((first & 0xf0) == 0xe0) {
    size = 3, code = first & 0x0f, smallest = 0x800;
  } else if ((first & 0xf8) == 0xf0) {
    size = 4, code = first & 0x07, smallest = 0x10000;
  } else {
    return {};
  }
  if (text.size() < size) return {};
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(byte(i))) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest || code > 0x10ffff || surrogate) return {};
  return {code, size, true};
}

bool is_valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (!rune.valid) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

std::size_t put_utf8(char32_t rune, std::uint8_t* out) noexcept {
  const auto continuation = [rune](int shift) {
    return static_cast<std::uint8_t>(0x80 | ((rune >> shift) & 0x3f));
  };
  if (rune < 0x80) {
    out[0] = static_cast<std::uint8_t>(rune);
    return 1;
  }
  if (rune < 0x800) {
    out[0] = static_cast<std::uint8_t>(0xc0 | (rune >> 6));
    out[1] = continuation(0);
    return 2;
  }
  if (rune < 0x10000) {
    out[0] = static_cast<std::uint8_t>(0xe0 | (rune >> 12));
    out[1] = continuation(6);
    out[2] = continuation(0);
    return 3;
  }
  out[0] = static_cast<std::uint8_t>(0xf0 | (rune >> 18));
  out[1] = continuation(12);
  out[2] = continuation(6);
  out[3] = continuation(0);
  return 4;
}

void append_utf8(std::string& out, char32_t rune) {
  std::array<std::uint8_t, 4> bytes{};
  const std::size_t size = put_utf8(rune, bytes.data());
  out.append(bytes.begin(), bytes.begin() + size);
}

std::string whole_beginning(std::string_view text, std::size_t bytes) {
  constexpr std::size_t kLongest = 4;
  if (text.size() <= bytes) return std::string(text);
  for (std::size_t back = 1; back < kLongest && back <= bytes; ++back) {
    const Rune rune = decode_rune(text.substr(bytes - back));
    if (!rune.valid) continue;
    return std::string(text.substr(0, rune.size > back ? bytes - back : bytes));
  }
  return std::string(text.substr(0, bytes));
}

std::string_view trim_white_space(std::string_view text) noexcept {
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (!rune.valid || !is_white_space(rune.code_point)) break;
    text.remove_prefix(rune.size);
  }
  while (const std::size_t size = trailing_space_size(text)) text.remove_suffix(size);
  return text;
}

}  // namespace snapfs
