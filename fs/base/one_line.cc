#include "fs/base/one_line.h"

#include "fs/base/utf8.h"

namespace snapfs {
namespace {

bool is_control(char32_t rune) noexcept { return rune < 0x20 || (rune >= 0x7f && rune < 0xa0); }

/// U+2028 and U+2029 end a line, too, where a message is shown by something that knows them.
bool ends_line(char32_t rune) noexcept {
  return rune == '\n' || rune == '\r' || rune == 0x2028 || rune == 0x2029;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t bytes) {
  std::string line;
  // What is cut off in the end need not be looked at; white space at the beginning goes first.
  while (!text.empty() && line.size() <= bytes) {
    const Rune rune = decode_rune(text);
    const std::string_view character = text.substr(0, rune.size);
    text.remove_prefix(rune.size);
    if (rune.valid && ends_line(rune.code_point)) {
      if (!line.empty()) break;
    } else if (rune.valid && !is_control(rune.code_point)) {
      line += character;
    } else {
      line += ' ';
    }
    if (trim_white_space(line).empty()) line.clear();
  }
  return whole_beginning(trim_white_space(line), bytes);
}

}  // namespace snapfs
