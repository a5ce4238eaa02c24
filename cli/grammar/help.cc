#include "cli/grammar/help.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "cli/grammar/parser.h"

namespace snapfs {
namespace {

constexpr std::size_t kColumn = 34;  // where the descriptions begin
constexpr std::size_t kWidth = 100;

/// "  names   text", the text broken at blanks into a column of its own.
std::string entry(const std::string& names, std::string_view text) {
  std::string lines = "  " + names;
  std::size_t column = lines.size();
  if (column + 1 >= kColumn) {
    lines += "\n";
    column = 0;
  }
  lines.append(kColumn - column, ' ');
  column = kColumn;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > kColumn && column + 1 + end > kWidth) {
      lines += "\n" + std::string(kColumn, ' ');
      column = kColumn;
    } else if (column > kColumn) {
      lines += ' ';
      ++column;
    }
    lines += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines + "\n";
}

std::string usage(const std::vector<const Command*>& path) {
  std::string line = fmt::format("Usage: {} [OPTIONS]", title_of(path));
  const Command& command = *path.back();
  if (!command.subcommands.empty()) line += " SUBCOMMAND";
  for (const Positional& positional : command.positionals) {
    const std::string name = positional.name + (positional.max > 1 ? "..." : "");
    line += positional.min > 0 ? " " + name : " [" + name + "]";
  }
  return line + "\n";
}

std::string option_names(const Option& option) {
  std::string names = option.letter() != 0 ? fmt::format("-{}", option.letter()) : "";
  for (const std::string& name : option.names()) names += (names.empty() ? "--" : ",--") + name;
  if (!option.value_name().empty()) names += " " + option.value_name();
  return names;
}

std::string description(const Option& option) {
  if (option.otherwise_text().empty()) return option.text();
  return fmt::format("{} (default: {})", option.text(), option.otherwise_text());
}

class Groups {
 public:
  /// Its own options first, then the program's; those of one heading stand together.
  explicit Groups(const std::vector<const Command*>& path) {
    const Command& program = *path.front();
    const Command& command = *path.back();
    const auto is_shared = [&program](const Option& option) {
      return std::ranges::find(program.options, option.group, &Option::group) !=
             program.options.end();
    };
    for (const Option& option : command.options) {
      if (!is_shared(option)) add(option);
    }
    for (const Option& option : program.options) {
      if (&command == &program || !option.is_seldom()) add(option);
    }
    for (const Option& option : command.options) {
      if (&command != &program && is_shared(option)) add(option);
    }
  }

  std::string text() const {
    std::string text;
    for (const auto& [heading, lines] : groups_) text += fmt::format("\n{}:\n{}", heading, lines);
    return text;
  }

 private:
  void add(const Option& option) {
    if (option.is_hidden()) return;
    auto group = std::ranges::find(groups_, option.group, &Group::heading);
    if (group == groups_.end()) group = groups_.insert(group, {option.group, ""});
    group->lines += entry(option_names(option), description(option));
  }

  struct Group {
    std::string heading;
    std::string lines;
  };
  std::vector<Group> groups_ = {{"Options", entry("-h,--help", "Print this help and exit")}};
};

std::string positionals_text(const Command& command) {
  if (command.positionals.empty()) return {};
  std::string text = "\nPositionals:\n";
  for (const Positional& positional : command.positionals) {
    text += entry(positional.name + (positional.max > 1 ? " ..." : ""), positional.text);
  }
  return text;
}

std::string subcommands_text(const Command& command) {
  if (command.subcommands.empty()) return {};
  std::string text = "\nSubcommands:\n";
  for (const Command& subcommand : command.subcommands) {
    if (!subcommand.is_shown()) continue;
    std::string names = subcommand.name;
    for (const std::string& alias : subcommand.aliases) names += ", " + alias;
    text += entry(names, subcommand.summary);
  }
  return text;
}

}  // namespace

std::string help_text(const std::vector<const Command*>& path) {
  const Command& command = *path.back();
  std::string text = command.summary + "\n" + usage(path) + positionals_text(command) +
                     Groups(path).text() + subcommands_text(command);
  if (!command.footer.empty())
    text += "\n" + command.footer.substr(command.footer.front() == '\n') + "\n";
  return text;
}

}  // namespace snapfs
