#include "fs/format/json_writer.h"

#include <array>
#include <charconv>

#include "fs/base/utf8.h"

namespace snapfs {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

constexpr std::array<bool, 128> make_plain_table() {
  std::array<bool, 128> plain{};
  for (std::size_t c = 0x20; c < plain.size(); ++c) plain[c] = true;
  for (const unsigned char special : {'"', '\\', '<', '>', '&'}) plain[special] = false;
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

}  // namespace

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
