// Upper and lower case of ASCII letters alone, whatever the locale: for names that protocols
// define, such as those of headers and hosts. (Names of files: fs/pattern/lower_case.h.)
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace snapfs {

constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ascii_lower(c);
  return lower;
}

/// Whether both are the same but for the case of ASCII letters.
inline bool equals_in_any_case(std::string_view one, std::string_view other) noexcept {
  return std::ranges::equal(one, other,
                            [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

/// Whether the text begins so, but for the case of ASCII letters.
inline bool begins_in_any_case(std::string_view text, std::string_view beginning) noexcept {
  return equals_in_any_case(text.substr(0, beginning.size()), beginning);
}

}  // namespace snapfs
