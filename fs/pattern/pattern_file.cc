#include "fs/pattern/pattern_file.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/utf8.h"
#include "fs/pattern/glob.h"
#include "fs/pattern/pattern.h"

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

/// expand_variables() with what stands for a reference that is none, "${}" and an unclosed "${".
std::string expand(std::string_view text, const VariableLookup& lookup,
                   const std::function<std::string()>& nameless) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos || dollar + 1 == text.size()) return out.append(text);
    out.append(text.substr(0, dollar));
    text.remove_prefix(dollar + 1);
    const Reference reference = reference_at(text);
    if (reference.name == "$" || reference.size == 0) {
      out += '$';
    } else {
      out += reference.name.empty() ? nameless() : lookup(std::string(reference.name));
    }
    text.remove_prefix(reference.size);
  }
  return out;
}

/// No name that anybody gives a file: what stands where a variable has no value.
constexpr std::string_view kSomeName = "\x01some name\x01";

std::string_view without_negation(std::string_view pattern) {
  if (pattern.starts_with('!')) pattern.remove_prefix(1);
  return pattern;
}

std::vector<std::string> components_of(std::string_view pattern) {
  std::vector<std::string> components = split_path(clean_path(without_negation(pattern)));
  std::erase(components, ".");
  return components;
}

/// A name that the glob matches, as long as its sets are simple ones.
std::string name_in(std::string_view glob) {
  if (glob == "*" || glob == "**") return std::string(kSomeName);
  std::string name;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const char c = glob[i];
    if (c == '*') continue;
    if (c == '?') {
      name += 'x';
    } else if (c == '\\' && i + 1 < glob.size()) {
      name += glob[++i];
    } else if (const std::size_t end = glob.find(']', i + 1);
               c == '[' && end != std::string_view::npos && end > i + 1) {
      name += glob[i + 1] == '^' ? kSomeName.front() : glob[i + 1];
      i = end;
    } else {
      name += c;
    }
  }
  return name;
}

/// One of the paths that the pattern matches.
std::vector<std::string> path_in(std::string_view pattern) {
  std::vector<std::string> path = components_of(pattern);
  for (std::string& component : path) component = name_in(component);
  return path;
}

/// One line of a file.
class PatternLine {
 public:
  PatternLine(std::string_view text, const VariableLookup& lookup)
      : text_(text),
        pattern_(expand(
            text,
            [&](const std::string& name) {
              std::string value = lookup(name);
              if (value.empty() && lacking_.empty()) {
                lacking_ = fmt::format("the variable {} is not set or is empty; set it", name);
              }
              if (variable_.empty()) variable_ = name;
              return value;
            },
            [&] {
              lacking_ = "\"${\" without a name and a \"}\" is no variable; close it";
              return std::string();
            })),
        written_(expand(
            text,
            [&](const std::string& name) {
              std::string value = lookup(name);
              return value.empty() ? std::string(kSomeName) : value;
            },
            [] { return std::string(kSomeName); })) {}

  const std::string& pattern() const noexcept { return pattern_; }

  /// Throws Error{kUsage} when a variable makes the pattern another one than was meant; `place` is
  /// the line's.
  void require_meant(std::string_view place) const {
    if (!lacking_.empty() && is_widened(place)) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{}: \"{}\" would become \"{}\": {}, or write $$ for a dollar", place,
                              text_, pattern_, lacking_));
    }
    if (variable_.empty()) return;
    constexpr std::size_t kDeep = 16;
    if (matches(std::vector<std::string>(kDeep, std::string(kSomeName)), place)) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{}: \"{}\" would become \"{}\", which matches everything: look at "
                              "the variable {}",
                              place, text_, pattern_, variable_));
    }
  }

 private:
  /// Whether it matches what it would not if every variable were a name: /home/$USER, $CACHE/**,
  /// *$EXTENSION. Or something else altogether, because a component is gone: $HOME/tmp is not /tmp.
  bool is_widened(std::string_view place) const {
    if (without_negation(pattern_).empty()) return true;
    return components_of(pattern_).size() < components_of(written_).size() ||
           matches(path_in(written_), place);
  }

  bool matches(const std::vector<std::string>& path, std::string_view place) const {
    const std::string_view pattern = without_negation(pattern_);
    if (pattern.empty()) return false;
    return Pattern(pattern, place).matches(std::vector<std::string_view>(path.begin(), path.end()));
  }

  std::string_view text_;
  std::string lacking_;   ///< what there is no value for, and what to do; empty: nothing
  std::string variable_;  ///< the first variable
  std::string pattern_;
  std::string written_;  ///< with a name in the place of every variable without a value
};

}  // namespace

std::string expand_variables(std::string_view text, const VariableLookup& lookup) {
  return expand(text, lookup, [] { return std::string(); });
}

std::vector<std::string> patterns_from_lines(std::span<const std::string> lines,
                                             const VariableLookup& lookup,
                                             std::string_view origin) {
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view trimmed = trim_white_space(lines[i]);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    const PatternLine line(trimmed, lookup);
    line.require_meant(fmt::format("{}, line {}", origin, i + 1));
    patterns.push_back(line.pattern());
  }
  return patterns;
}

}  // namespace snapfs
