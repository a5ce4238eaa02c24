// The command is looked for first, by stepping over options and their values; then it is taken out
// of the line, and the rest is read from left to right, each value being set as it comes.
#include "cli/grammar/parser.h"

#include <algorithm>
#include <deque>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "cli/grammar/go_value.h"
#include "cli/grammar/suggestion.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

using Arguments = std::vector<std::string>;

using Path = std::vector<const Command*>;

constexpr std::string_view kHelp = "help";
constexpr char kHelpLetter = 'h';

/// The command's own options come before the program's.
template <class Name>
const Option* find_option(const Path& path, Name name) {
  if (const Option* own = path.back()->find_option(name)) return own;
  return path.front()->find_option(name);
}

bool is_option(std::string_view argument) { return argument.size() > 1 && argument[0] == '-'; }

/// Whether the next argument is this one's value, as cobra sees it while it looks for the command:
/// letters that stand together are not looked at.
bool takes_next(const Path& path, std::string_view argument) {
  if (argument.find('=') != std::string_view::npos) return false;
  const Option* option = nullptr;
  if (argument.starts_with("--")) {
    if (argument.substr(2) == kHelp) return false;
    option = find_option(path, argument.substr(2));
  } else if (argument.size() == 2 && argument[0] == '-') {
    if (argument[1] == kHelpLetter) return false;
    option = find_option(path, argument[1]);
  } else {
    return false;
  }
  return option == nullptr || option->binding().wants_value();
}

/// The place of the first argument that is neither an option nor a value; the number of arguments
/// when there is none.
std::size_t find_word(const Path& path, const Arguments& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") break;
    if (takes_next(path, argument)) {
      ++i;
    } else if (!argument.starts_with('-') && !argument.empty()) {
      return i;
    }
  }
  return arguments.size();
}

/// Follows the line down to its command, whose name is taken out of `rest`.
std::vector<const Command*> follow(const Command& program, Arguments& rest) {
  std::vector<const Command*> path = {&program};
  while (true) {
    const std::size_t place = find_word(path, rest);
    const Command* next = place == rest.size() ? nullptr : path.back()->find(rest[place]);
    if (next == nullptr) return path;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(place));
    path.push_back(next);
  }
}

[[noreturn]] void refuse(const Path& path, const std::string& message) {
  throw Error(ErrorCode::kUsage,
              fmt::format("{} (\"{} --help\" lists what there is)", message, title_of(path)));
}

[[noreturn]] void refuse_command(const Path& path, const std::string& word) {
  if (path.back()->find(word) != nullptr) {
    refuse(path, fmt::format("the command \"{}\" stands before \"--\"", word));
  }
  std::vector<std::string> names;
  for (const Command& command : path.back()->subcommands) {
    if (!command.is_shown()) continue;
    names.push_back(command.name);
    names.insert(names.end(), command.aliases.begin(), command.aliases.end());
  }
  refuse(path,
         fmt::format("\"{}\" is no command{}", word, did_you_mean(similar_words(word, names), "")));
}

[[noreturn]] void refuse_option(const Path& path, const std::string& name) {
  std::vector<std::string> names;
  for (const Command* const command : {path.back(), path.front()}) {
    for (const Option& option : command->options) {
      if (!option.is_hidden())
        names.insert(names.end(), option.names().begin(), option.names().end());
    }
  }
  refuse(path, fmt::format("there is no option --{}{}", name,
                           did_you_mean(similar_words(name, names), "--")));
}

/// The arguments behind the command, from left to right.
class Reader {
 public:
  Reader(ParsedLine& line, Arguments arguments)
      : line_(line),
        help_("-h,--help", &line.help, ""),
        rest_(std::make_move_iterator(arguments.begin()),
              std::make_move_iterator(arguments.end())) {}

  /// Sets the options, and returns the other arguments.
  Arguments read() {
    Arguments others;
    while (!rest_.empty()) {
      std::string argument = take();
      if (argument == "--") {
        std::ranges::move(rest_, std::back_inserter(others));
        rest_.clear();
      } else if (!is_option(argument)) {
        others.push_back(std::move(argument));
      } else if (argument.starts_with("--")) {
        read_long(argument);
      } else {
        read_letters(argument);
      }
    }
    return others;
  }

 private:
  std::string take() {
    std::string argument = std::move(rest_.front());
    rest_.pop_front();
    return argument;
  }

  void read_long(const std::string& argument) {
    const std::size_t equals = std::min(argument.find('='), argument.size());
    const std::string name = argument.substr(2, equals - 2);
    if (name.empty() || name.front() == '-') {
      refuse(line_.path, fmt::format("\"{}\" is no option", argument));
    }
    const Option* const option = name == kHelp ? &help_ : find_option(line_.path, name);
    if (option == nullptr) refuse_option(line_.path, name);
    const std::string title = "--" + name;
    if (equals < argument.size()) return set(*option, name, title, argument.substr(equals + 1));
    set(*option, name, title, value_for(*option, title));
  }

  /// "-abc": switches, and the last may have a value behind it, with an equals sign or without.
  void read_letters(const std::string& argument) {
    for (std::size_t i = 1; i < argument.size(); ++i) {
      const char letter = argument[i];
      const Option* const option = letter == kHelpLetter ? &help_ : find_option(line_.path, letter);
      if (option == nullptr) refuse_letter(argument, i);
      const std::string title = {'-', letter};
      const std::string_view behind = std::string_view(argument).substr(i + 1);
      if (behind.size() > 1 && behind.front() == '=') {
        return set(*option, option->name(), title, std::string(behind.substr(1)));
      }
      if (option->binding().wants_value() && !behind.empty()) {
        return set(*option, option->name(), title, std::string(behind));
      }
      set(*option, option->name(), title, value_for(*option, title));
    }
  }

  [[noreturn]] void refuse_letter(const std::string& argument, std::size_t place) const {
    const std::string letter = argument.substr(place, 1);
    if (argument.size() == 2) refuse(line_.path, fmt::format("there is no option -{}", letter));
    // Somebody who knows other programs writes "-tag".
    const std::string name = argument.substr(1, argument.find('=') - 1);
    if (find_option(line_.path, name) != nullptr && name.size() > 1) {
      refuse(line_.path, fmt::format("there is no option -{} (in \"{}\"): did you mean --{}?",
                                     letter, argument, name));
    }
    refuse(line_.path, fmt::format("there is no option -{} (in \"{}\")", letter, argument));
  }

  std::string value_for(const Option& option, const std::string& title) {
    if (!option.binding().wants_value()) return option.binding().value_if_alone();
    if (rest_.empty()) refuse(line_.path, fmt::format("{} needs a value", title));
    return take();
  }

  void set(const Option& option, const std::string& name, const std::string& title,
           const std::string& value) {
    try {
      option.binding().set(value);
    } catch (const Error& error) {
      refuse_value(title, value, error);
    }
    if (&option != &help_) line_.given.push_back({&option, value});
    if (const std::string advice = option.advice(name); !advice.empty()) {
      line_.advice.push_back(fmt::format("{} is an old name: {}", title, advice));
    }
  }

  ParsedLine& line_;
  const Option help_;
  std::deque<std::string> rest_;
};

[[noreturn]] void refuse_missing(const Path& path, const Positional& positional) {
  refuse(path, positional.missing.empty() ? fmt::format("{} is missing", positional.name)
                                          : positional.missing);
}

/// In order; what may be there more than once takes what the others leave.
void assign(const Path& path, const Arguments& others) {
  std::size_t next = 0;
  for (const Positional& positional : path.back()->positionals) {
    const std::size_t count = std::min(others.size() - next, positional.max);
    if (count < positional.min) refuse_missing(path, positional);
    for (const std::string& value : std::span(others).subspan(next, count)) {
      try {
        positional.binding.set(value);
      } catch (const Error& error) {
        refuse_value(positional.name, value, error);
      }
    }
    next += count;
  }
  if (next == others.size()) return;
  std::string more;
  for (const std::string& argument : std::span(others).subspan(next)) {
    more += fmt::format("{}\"{}\"", more.empty() ? "" : " ", argument);
  }
  refuse(path, fmt::format("{} takes no {}argument {}", title_of(path), next == 0 ? "" : "further ",
                           more));
}

/// What is neither true nor false is refused elsewhere.
bool is_true(std::string_view value) {
  try {
    return parse_boolean(value);
  } catch (const Error&) {
    return false;
  }
}

/// Whether the letters end with one whose value is the next argument.
bool ends_without_value(const Path& path, std::string_view letters) {
  for (std::size_t i = 1; i < letters.size(); ++i) {
    const Option* const option = find_option(path, letters[i]);
    if (option == nullptr) return false;
    if (option->binding().wants_value()) return i + 1 == letters.size();
  }
  return false;
}

}  // namespace

std::string did_you_mean(const std::vector<std::string>& words, std::string_view dashes) {
  if (words.empty()) return {};
  std::string text;
  for (const std::string& word : words)
    text += fmt::format("{}{}{}", text.empty() ? "" : " or ", dashes, word);
  return fmt::format(": did you mean {}?", text);
}

void refuse_value(const std::string& title, const std::string& value, const Error& error) {
  if (error.code() != ErrorCode::kUsage) throw;
  const std::string quoted = fmt::format("\"{}\"", value);
  const std::string_view message = error.what();
  throw Error(ErrorCode::kUsage, message.starts_with(quoted)
                                     ? fmt::format("{}: {}", title, message)
                                     : fmt::format("{} {}: {}", title, quoted, message));
}

ParsedLine parse_line(const Command& program, const std::vector<std::string>& arguments,
                      const FillIn& fill_in) {
  ParsedLine line;
  Arguments rest = arguments;
  line.path = follow(program, rest);
  const Command& command = line.command();
  if (&command == &program && !program.run) {
    if (const std::size_t place = find_word(line.path, rest); place < rest.size()) {
      refuse_command(line.path, rest[place]);
    }
  }
  if (!command.deprecated.empty()) {
    line.advice.push_back(
        fmt::format("\"{}\" is an old name: {}", title_of(line.path), command.deprecated));
  }
  Arguments others = Reader(line, std::move(rest)).read();
  if (line.help) return line;
  if (command.run) {
    if (fill_in && command.takes_settings) fill_in(line, others);
    assign(line.path, others);
  } else if (!others.empty()) {
    refuse_command(line.path, others.front());
  }
  return line;
}

std::vector<const Command*> find_command(const Command& program,
                                         const std::vector<std::string>& arguments) {
  Arguments rest = arguments;
  return follow(program, rest);
}

bool is_switched_on(const Command& program, const std::vector<std::string>& arguments,
                    std::string_view name) {
  Arguments rest = arguments;
  const Path path = follow(program, rest);
  bool on = false;
  for (std::size_t i = 0; i < rest.size() && rest[i] != "--"; ++i) {
    const std::string_view argument = rest[i];
    if (argument.starts_with("--")) {
      const std::size_t equals = std::min(argument.find('='), argument.size());
      const std::string_view written = argument.substr(2, equals - 2);
      const Option* const option = find_option(path, written);
      if (written == name) {
        on = equals == argument.size() || is_true(argument.substr(equals + 1));
      } else if (option != nullptr && equals == argument.size() &&
                 option->binding().wants_value()) {
        ++i;
      }
    } else if (is_option(argument) && ends_without_value(path, argument)) {
      ++i;
    }
  }
  return on;
}

std::string title_of(const Path& path) {
  std::string title;
  for (const Command* const command : path) title += (title.empty() ? "" : " ") + command->name;
  return title;
}

}  // namespace snapfs
