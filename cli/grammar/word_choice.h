// An option whose value is one of a few words.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/grammar/option.h"

namespace snapfs {

/// Throws Error{kUsage} that says which words there are.
[[noreturn]] void refuse_word(const std::vector<std::string>& words);

/// Puts what the word stands for into `variable`, or says which words there are.
template <class Value>
Binding word_of(const std::map<std::string, Value>& words, Value* variable) {
  return Binding::Setter([words, variable](const std::string& text) {
    const auto found = words.find(text);
    if (found != words.end()) {
      *variable = found->second;
      return;
    }
    std::vector<std::string> names;
    names.reserve(words.size());
    for (const auto& [word, value] : words) names.push_back(word);
    refuse_word(names);
  });
}

/// The same for a word that is taken as it is.
Binding one_of(const std::vector<std::string>& words, std::string* variable);

}  // namespace snapfs
