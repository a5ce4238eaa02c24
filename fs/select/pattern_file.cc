#include "fs/select/pattern_file.h"

#include <algorithm>

#include "fs/base/utf8.h"

namespace snapfs {
namespace {

bool is_special_parameter(char c) noexcept {
  return std::string_view("*#$@!?-").find(c) != std::string_view::npos || (c >= '0' && c <= '9');
}

bool is_name_character(char c) noexcept {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// What follows a dollar.
struct Reference {
  std::string_view name;  ///< empty: none
  std::size_t size = 0;   ///< bytes that it takes; 0 if the dollar stands for itself
};

Reference braced_reference(std::string_view text) noexcept {
  if (text.size() > 2 && is_special_parameter(text[1]) && text[2] == '}') {
    return {text.substr(1, 1), 3};
  }
  const std::size_t end = text.find('}');
  if (end == std::string_view::npos) return {{}, 1};
  return {text.substr(1, end - 1), end + 1};
}

/// `text` is not empty.
Reference reference_at(std::string_view text) noexcept {
  if (text.front() == '{') return braced_reference(text);
  if (is_special_parameter(text.front())) return {text.substr(0, 1), 1};
  const auto* const end = std::ranges::find_if_not(text, is_name_character);
  const auto size = static_cast<std::size_t>(end - text.begin());
  return {text.substr(0, size), size};
}

}  // namespace

std::string expand_variables(std::string_view text, const VariableLookup& lookup) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos || dollar + 1 == text.size()) return out.append(text);
    out.append(text.substr(0, dollar));
    text.remove_prefix(dollar + 1);
    const Reference reference = reference_at(text);
    if (reference.name == "$" || reference.size == 0) {
      out += '$';
    } else if (!reference.name.empty()) {
      out += lookup(std::string(reference.name));
    }
    text.remove_prefix(reference.size);
  }
  return out;
}

std::vector<std::string> patterns_from_lines(std::span<const std::string> lines,
                                             const VariableLookup& lookup) {
  std::vector<std::string> patterns;
  for (const std::string& line : lines) {
    const std::string_view trimmed = trim_white_space(line);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    patterns.push_back(expand_variables(trimmed, lookup));
  }
  return patterns;
}

}  // namespace snapfs
