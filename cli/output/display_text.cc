#include "cli/output/display_text.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "fs/base/utf8.h"
#include "fs/tree/node_json.h"
#include "fs/tree/printable.h"

namespace snapfs {
namespace {

/// From the Hangul letters on there are characters of two columns.
constexpr char32_t kFirstWide = 0x1100;

/// ASCII but for control characters: the usual case.
bool is_plain(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

void append_escaped(std::string& out, const Rune& rune, std::string_view bytes) {
  constexpr char32_t kDelete = 0x7f;
  if (!rune.valid || rune.code_point < 0x20) {
    for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  } else if (rune.code_point == kDelete || steers_terminals(rune.code_point)) {
    out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(rune.code_point));
  } else {
    out += bytes;
  }
}

std::string escaped(std::string_view text, bool keeps_line_ends) {
  if (is_plain(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (rune.code_point == '\n') {
      out += keeps_line_ends ? "\n" : "\\n";
    } else {
      append_escaped(out, rune, text.substr(0, rune.size));
    }
    text.remove_prefix(rune.size);
  }
  return out;
}

bool all_printable(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (!rune.valid || !is_printable(rune.code_point)) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

}  // namespace

bool steers_terminals(char32_t c) noexcept {
  const auto within = [c](char32_t first, char32_t last) { return first <= c && c <= last; };
  return c < 0x20 || within(0x7f, 0x9f) || c == 0x061c || within(0x200e, 0x200f) ||
         within(0x2028, 0x202e) || within(0x2066, 0x206f);
}

std::string disarmed(std::string_view lines) { return escaped(lines, true); }

std::string printable(std::string_view text) { return escaped(text, false); }

std::string displayable(std::string_view name) {
  if (all_printable(name)) return std::string(name);
  std::string quoted = "\"";
  append_go_quoted(quoted, name);
  return quoted + '"';
}

std::string_view fit_columns(std::string_view line, std::size_t columns) noexcept {
  std::size_t end = 0;
  while (end < line.size()) {
    const Rune rune = decode_rune(line.substr(end));
    const std::size_t width = rune.valid && rune.code_point >= kFirstWide ? 2 : 1;
    if (width > columns) break;
    columns -= width;
    end += rune.size;
  }
  return line.substr(0, end);
}

}  // namespace snapfs
