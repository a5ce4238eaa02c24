#include "cli/output/json_text.h"

#include <cstddef>

namespace snapfs {
namespace {

/// The length of the string that `json` begins with, quotes included.
std::size_t string_size(std::string_view json) noexcept {
  std::size_t end = 1;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
  return end + 1;
}

}  // namespace

std::string indented_json(std::string_view compact) {
  std::string out;
  std::size_t level = 0;
  const auto new_line = [&] { out.append("\n").append(2 * level, ' '); };
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    const char next = i + 1 < compact.size() ? compact[i + 1] : '\0';
    if (c == '"') {
      const std::size_t size = string_size(compact.substr(i));
      out += compact.substr(i, size);
      i += size - 1;
    } else if ((c == '{' && next == '}') || (c == '[' && next == ']')) {
      out.append({c, next});
      ++i;
    } else if (c == '{' || c == '[') {
      out += c;
      ++level;
      new_line();
    } else if (c == '}' || c == ']') {
      --level;
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace snapfs
