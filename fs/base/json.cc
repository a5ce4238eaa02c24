#include "fs/base/json.h"

#include <array>
#include <charconv>

namespace snapfs {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

constexpr std::array<bool, 128> make_plain_table() {
  std::array<bool, 128> plain{};
  for (std::size_t c = 0x20; c < plain.size(); ++c) plain[c] = true;
  for (const char special : {'"', '\\', '<', '>', '&'})
    plain[static_cast<std::size_t>(special)] = false;
  return plain;
}

/// ASCII that stands for itself.
constexpr auto kPlain = make_plain_table();

void append_u_escape(std::string& out, unsigned code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHexDigits[code >> shift & 15];
}

void append_escaped_ascii(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      append_u_escape(out, c);
  }
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

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t i = 0;
  std::size_t run_start = 0;
  const auto flush_run = [&] { out.append(text, run_start, i - run_start); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80 && kPlain[c]) {
      ++i;
      continue;
    }
    const Rune rune = decode_rune(text.substr(i));
    const bool line_separator = rune.code_point == 0x2028 || rune.code_point == 0x2029;
    if (c >= 0x80 && rune.valid && !line_separator) {
      i += rune.size;
      continue;
    }
    flush_run();
    if (!rune.valid) {
      out += "\\ufffd";
    } else if (c < 0x80) {
      append_escaped_ascii(out, c);
    } else {
      append_u_escape(out, static_cast<unsigned>(rune.code_point));
    }
    i += rune.size;
    run_start = i;
  }
  flush_run();
  out += '"';
}

void append_json_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), result.ptr);
}

}  // namespace snapfs
