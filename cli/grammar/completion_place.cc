#include "cli/grammar/completion_place.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {
namespace {

using Wanted = CompletionPlace::Wanted;

/// The words of the line; the last one, which may be empty, is not ended.
std::vector<std::string> split_line(std::string_view line) {
  std::vector<std::string> words(1);
  bool begun = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    std::string& word = words.back();
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (begun) words.emplace_back();
      begun = false;
      continue;
    }
    const bool first = !begun;
    begun = true;
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '~' && first && line.substr(i + 1).starts_with('/')) {
      const char* const home = std::getenv("HOME");
      word += home == nullptr ? "~" : home;
    } else {
      word += c;
    }
  }
  return words;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

Wanted value_of(const Option& option) {
  if (option.value_name() == "HOST" || option.name() == "host") return Wanted::kHost;
  if (is_one_of(option.name(), {"tag", "keep-tag", "add", "remove", "set"})) return Wanted::kTag;
  if (option.name() == "path") return Wanted::kPath;
  if (option.name() == "parent") return Wanted::kSnapshot;
  if (option.name() == "profile") return Wanted::kProfile;
  return Wanted::kNothing;
}

Wanted argument_of(const std::vector<const Command*>& path, std::size_t index) {
  const std::vector<Positional>& positionals = path.back()->positionals;
  if (positionals.empty()) return Wanted::kNothing;
  const std::string& name = positionals[std::min(index, positionals.size() - 1)].name;
  if (is_one_of(name, {"SNAPSHOT", "OLDER", "NEWER"})) return Wanted::kSnapshot;
  const std::string& first = positionals.front().name;
  const std::string group = path.size() > 2 ? path[path.size() - 2]->name : "";
  // "profile init" makes one whose name is new.
  const bool is_of_profiles = group == "profile" && path.back()->name != "init";
  if (name == "NAME" && is_of_profiles) return Wanted::kProfile;
  if (name == "ID" && first == "ID" && group != "key") return Wanted::kSnapshot;
  if (is_one_of(name, {"DIR", "PATH"}) && first == "SNAPSHOT") return Wanted::kInSnapshot;
  return Wanted::kNothing;
}

/// Goes over the words before the one that is typed.
class LineWalk {
 public:
  explicit LineWalk(const Command& program) { line_.path = {&program}; }

  void pass(const std::string& word) {
    if (pending_ != nullptr) {
      set(*std::exchange(pending_, nullptr), word);
    } else if (only_arguments_ || word.size() < 2 || word.front() != '-') {
      pass_argument(word);
    } else if (word == "--") {
      only_arguments_ = true;
    } else {
      pass_option(word);
    }
  }

  CompletionPlace end(const std::string& typed) && {
    if (pending_ != nullptr) return std::move(*this).at(value_of(*pending_), typed);
    const std::size_t equals = typed.find('=');
    if (!only_arguments_ && typed.starts_with("--") && equals != std::string::npos) {
      const Option* const option = find(typed.substr(2, equals - 2));
      if (option == nullptr) return {};
      return std::move(*this).at(value_of(*option), typed.substr(equals + 1));
    }
    if (!only_arguments_ && typed.starts_with('-')) return {};
    return std::move(*this).at(argument_of(line_.path, arguments_.size()), typed);
  }

 private:
  CompletionPlace at(Wanted wanted, std::string typed) && {
    return {wanted, std::move(typed), std::move(arguments_), std::move(line_)};
  }

  template <class Name>
  const Option* find(const Name& name) const {
    for (auto command = line_.path.rbegin(); command != line_.path.rend(); ++command) {
      if (const Option* const option = (*command)->find_option(name)) return option;
    }
    return nullptr;
  }

  void pass_argument(const std::string& word) {
    const Command* const next = arguments_.empty() ? line_.path.back()->find(word) : nullptr;
    if (next != nullptr) {
      line_.path.push_back(next);
    } else {
      arguments_.push_back(word);
    }
  }

  void pass_option(const std::string& word) {
    if (word.starts_with("--")) {
      const std::size_t equals = word.find('=');
      const Option* const option = find(std::string_view(word).substr(2, equals - 2));
      if (option == nullptr) return;
      if (equals != std::string::npos) {
        set(*option, word.substr(equals + 1));
      } else {
        begin(*option);
      }
      return;
    }
    for (std::size_t i = 1; i < word.size(); ++i) {
      const Option* const option = find(word[i]);
      if (option == nullptr) return;
      if (option->binding().wants_value() && i + 1 < word.size()) {
        const std::string value = word.substr(i + 1);
        return set(*option, value.starts_with('=') ? value.substr(1) : value);
      }
      begin(*option);
    }
  }

  void begin(const Option& option) {
    if (option.binding().wants_value()) {
      pending_ = &option;
    } else {
      set(option, option.binding().value_if_alone());
    }
  }

  /// Only the program's: what a command would do has no say here.
  void set(const Option& option, const std::string& value) {
    line_.given.push_back({&option, value});
    if (line_.path.front()->find_option(option.name()) != &option) return;
    try {
      option.binding().set(value);
    } catch (const Error&) {
      return;  // the command will say so
    }
  }

  ParsedLine line_;
  std::vector<std::string> arguments_;
  const Option* pending_ = nullptr;  ///< its value comes next
  bool only_arguments_ = false;
};

}  // namespace

CompletionPlace find_completion_place(const Command& program, std::string_view line) {
  const std::vector<std::string> words = split_line(line);
  if (words.size() < 2) return {};
  LineWalk walk(program);
  for (std::size_t i = 1; i + 1 < words.size(); ++i) walk.pass(words[i]);
  return std::move(walk).end(words.back());
}

}  // namespace snapfs
