// Names between raw bytes and the text that Go's strconv.Quote makes of them. JSON escaping is a
// second step on top (fs/base/json.h).
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "fs/base/utf8.h"
#include "fs/tree/node_json.h"
#include "fs/tree/printable.h"

namespace snapfs {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

/// The letters that stand for control characters after a backslash.
constexpr std::array<std::pair<char, char>, 7> kLetters = {
    {{'\a', 'a'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\v', 'v'}}};

void append_hex_escape(std::string& out, char letter, char32_t value, int digits) {
  out += '\\';
  out += letter;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kHexDigits[value >> shift & 15];
  }
}

void append_ascii_quoted(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
    return;
  }
  for (const auto& [control, letter] : kLetters) {
    if (c != control) continue;
    out += '\\';
    out += letter;
    return;
  }
  if (c < ' ' || c == '\x7f') {
    append_hex_escape(out, 'x', static_cast<unsigned char>(c), 2);
  } else {
    out += c;
  }
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto continuation = [&](int shift) {
    out += static_cast<char>(0x80 | (code >> shift & 0x3f));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    continuation(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    continuation(6);
    continuation(0);
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

/// Takes exactly `count` digits from the left of `text`; none of them a sign.
std::optional<std::uint32_t> take_number(std::string_view& text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  const char* end = text.data() + count;
  const auto result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool append_byte(std::string& out, std::optional<std::uint32_t> value) {
  if (!value || *value > 0xff) return false;
  out += static_cast<char>(*value);
  return true;
}

bool append_rune(std::string& out, std::optional<std::uint32_t> value) {
  const bool usable = value && *value <= 0x10ffff && (*value < 0xd800 || *value > 0xdfff);
  if (usable) append_utf8(out, *value);
  return usable;
}

/// Undoes one escape, whose backslash was taken already.
bool take_escape(std::string& out, std::string_view& text) {
  if (text.empty()) return false;
  const char letter = text.front();
  if (letter >= '0' && letter <= '7') return append_byte(out, take_number(text, 3, 8));
  text.remove_prefix(1);
  if (letter == 'x') return append_byte(out, take_number(text, 2, 16));
  if (letter == 'u') return append_rune(out, take_number(text, 4, 16));
  if (letter == 'U') return append_rune(out, take_number(text, 8, 16));
  if (letter == '"' || letter == '\\') {
    out += letter;
    return true;
  }
  for (const auto& [control, name] : kLetters) {
    if (letter != name) continue;
    out += control;
    return true;
  }
  return false;
}

}  // namespace

void append_go_quoted(std::string& out, std::string_view name) {
  while (!name.empty()) {
    const Rune rune = decode_rune(name);
    if (!rune.valid) {
      append_hex_escape(out, 'x', static_cast<unsigned char>(name.front()), 2);
    } else if (rune.code_point < 0x80) {
      append_ascii_quoted(out, name.front());
    } else if (is_printable(rune.code_point)) {
      out += name.substr(0, rune.size);
    } else if (rune.code_point < 0x10000) {
      append_hex_escape(out, 'u', rune.code_point, 4);
    } else {
      append_hex_escape(out, 'U', rune.code_point, 8);
    }
    name.remove_prefix(rune.size);
  }
}

std::optional<std::string> unquote_go(std::string_view quoted) {
  std::string name;
  while (!quoted.empty()) {
    const std::size_t plain = std::min(quoted.find_first_of("\\\"\n"), quoted.size());
    name += quoted.substr(0, plain);
    quoted.remove_prefix(plain);
    if (quoted.empty()) break;
    if (quoted.front() != '\\') return std::nullopt;
    quoted.remove_prefix(1);
    if (!take_escape(name, quoted)) return std::nullopt;
  }
  return name;
}

}  // namespace snapfs
