// An option whose value is one of a few words. Included by commands' sources only: it carries
// CLI11.
#pragma once

#include <map>
#include <string>
#include <type_traits>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace snapfs {

/// For CLI::Option::transform: puts a word's number in its place, or says which words there are.
template <class Value>
CLI::Validator word_of(const std::map<std::string, Value>& words) {
  const auto replace = [words](std::string& text) {
    const auto found = words.find(text);
    if (found == words.end()) {
      std::string names;
      for (const auto& [word, value] : words) names += (names.empty() ? "" : ", ") + word;
      return fmt::format("\"{}\" is none of {}", text, names);
    }
    text = std::to_string(static_cast<std::underlying_type_t<Value>>(found->second));
    return std::string();
  };
  return {replace, "", ""};
}

}  // namespace snapfs
