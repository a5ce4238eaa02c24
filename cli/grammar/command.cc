#include "cli/grammar/command.h"

#include <algorithm>
#include <utility>

namespace snapfs {

Command::Command(std::string name_, std::string summary_)
    : name(std::move(name_)), summary(std::move(summary_)) {}

Command& Command::add(std::string_view group, std::initializer_list<Option> more) {
  for (const Option& option : more) add(group, option);
  return *this;
}

Command& Command::add(std::string_view group, Option option) {
  option.group = group;
  options.push_back(std::move(option));
  return *this;
}

Command& Command::take(std::string argument, Binding binding, std::string text) {
  positionals.push_back(
      {std::move(argument), std::move(binding), std::move(text), 1, 1, {}, {}, {}});
  return *this;
}

Command& Command::take_optional(std::string argument, Binding binding, std::string text) {
  positionals.push_back(
      {std::move(argument), std::move(binding), std::move(text), 0, 1, {}, {}, {}});
  return *this;
}

Command& Command::take_all(std::string argument, std::vector<std::string>* list, std::string text,
                           std::size_t min) {
  positionals.push_back(
      {std::move(argument), list, std::move(text), min, Positional::kAny, {}, {}, {}});
  return *this;
}

bool Command::is_called(std::string_view word) const noexcept {
  return name == word || std::ranges::find(aliases, word) != aliases.end();
}

const Command* Command::find(std::string_view word) const noexcept {
  const auto found = std::ranges::find_if(
      subcommands, [word](const Command& command) { return command.is_called(word); });
  return found == subcommands.end() ? nullptr : &*found;
}

const Option* Command::find_option(std::string_view long_name) const noexcept {
  const auto found = std::ranges::find_if(
      options, [long_name](const Option& option) { return option.has_name(long_name); });
  return found == options.end() ? nullptr : &*found;
}

const Option* Command::find_option(char letter) const noexcept {
  const auto found = std::ranges::find(options, letter, &Option::letter);
  return found == options.end() ? nullptr : &*found;
}

}  // namespace snapfs
