#include "cli/display_text.h"

#include "fs/base/json.h"
#include "fs/tree/node_json.h"
#include "fs/tree/printable.h"

namespace snapfs {
namespace {

/// From the Hangul letters on there are characters of two columns.
constexpr char32_t kFirstWide = 0x1100;

bool all_printable(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (!rune.valid || !is_printable(rune.code_point)) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

}  // namespace

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
