#include "cli/grammar/word_choice.h"

#include <algorithm>

#include "fs/base/error.h"

namespace snapfs {

void refuse_word(const std::vector<std::string>& words) {
  std::string names;
  for (const std::string& word : words) names += (names.empty() ? "" : ", ") + word;
  throw Error(ErrorCode::kUsage, "it can be one of: " + names);
}

Binding one_of(const std::vector<std::string>& words, std::string* variable) {
  return Binding::Setter([words, variable](const std::string& text) {
    if (std::ranges::find(words, text) == words.end()) refuse_word(words);
    *variable = text;
  });
}

}  // namespace snapfs
