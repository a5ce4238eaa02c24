// The bash script steps over options and their values to find the command, as the parser does, and
// then has one list of words for each. Zsh runs the same script.
#include "cli/grammar/completion.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace snapfs {
namespace {

/// For single quotes.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

std::vector<std::string> words_of(const std::vector<Option>& options, bool only_with_value) {
  std::vector<std::string> words;
  for (const Option& option : options) {
    if (option.is_hidden() || (only_with_value && !option.binding().wants_value())) continue;
    if (option.letter() != 0) words.push_back(fmt::format("-{}", option.letter()));
    for (const std::string& name : option.names()) words.push_back("--" + name);
  }
  return words;
}

std::vector<std::string> names_of(const Command& command) {
  std::vector<std::string> names = {command.name};
  names.insert(names.end(), command.aliases.begin(), command.aliases.end());
  return names;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

/// Branches of the two case statements, for a command and what is below it. `path` is "/key".
struct BashCases {
  std::string steps;
  std::string lists;
  std::vector<std::string> with_value;

  void add(const Command& command, const std::string& path,
           const std::vector<std::string>& shared) {
    // Those of the program stand among the shared ones.
    std::vector<std::string> words;
    if (!path.empty()) words = words_of(command.options, false);
    words.insert(words.end(), shared.begin(), shared.end());
    for (const Command& subcommand : command.subcommands) {
      if (!subcommand.is_shown()) continue;
      const std::string next = path + "/" + subcommand.name;
      for (const std::string& name : names_of(subcommand)) {
        words.push_back(name);
        steps += fmt::format("      '{}/{}') path='{}' ;;\n", path, name, next);
      }
      add(subcommand, next, shared);
    }
    for (std::string& word : words_of(command.options, true)) with_value.push_back(std::move(word));
    lists += fmt::format("    '{}') words='{}' ;;\n", path, joined(words, " "));
  }
};

}  // namespace

std::string bash_completion(const Command& program) {
  std::vector<std::string> shared = words_of(program.options, false);
  shared.insert(shared.end(), {"-h", "--help"});
  BashCases cases;
  cases.add(program, "", shared);
  return fmt::format(
      R"(# Completion of {0} for bash. Source it, or put it where bash looks for such.
_{0}() {{
  local path='' words='' i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    case $word in
      {1}) ((i++)); continue ;;
    esac
    case "$path/$word" in
{2}    esac
  done
  case $path in
{3}  esac
  local current=${{COMP_WORDS[COMP_CWORD]}} reply
  COMPREPLY=()
  # What the repository has: the program knows where it is, and what is wanted there.
  if [[ -n ${{COMP_LINE-}} && $current != -* ]]; then
    while IFS= read -r reply; do
      # Of a word that ":" or "=" divides, bash replaces the last part.
      [[ $COMP_WORDBREAKS != *:* || $reply != *:* ]] || reply=${{reply##*:}}
      [[ $reply != */ || -n ${{ZSH_VERSION-}} ]] || compopt -o nospace 2>/dev/null
      [[ $reply != *[!A-Za-z0-9_./:@%+,=-]* ]] || printf -v reply '%q' "$reply"
      COMPREPLY+=("$reply")
    done < <("${{COMP_WORDS[0]}}" complete-line -- "${{COMP_LINE:0:COMP_POINT}}" 2>/dev/null </dev/null)
    [[ ${{#COMPREPLY[@]}} -eq 0 ]] || return 0
  fi
  case ${{COMP_WORDS[COMP_CWORD-1]}} in
    {1}) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}}
complete -o default -F _{0} {0}
)",
      program.name, joined(cases.with_value, "|"), cases.steps, cases.lists);
}

std::string zsh_completion(const Command& program) {
  return "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n" +
         bash_completion(program);
}

namespace {

std::string fish_options(const std::string& program, const std::string& condition,
                         const std::vector<Option>& options) {
  std::string lines;
  for (const Option& option : options) {
    if (option.is_hidden()) continue;
    lines += fmt::format("complete -c {} {}", program, condition);
    if (option.letter() != 0) lines += fmt::format(" -s {}", option.letter());
    for (const std::string& name : option.names()) lines += " -l " + name;
    if (option.binding().wants_value()) lines += " -r";
    lines += fmt::format(" -d {}\n", quoted(option.text()));
  }
  return lines;
}

void add_fish(std::string& lines, const std::string& program, const Command& command,
              const std::string& condition) {
  for (const Command& subcommand : command.subcommands) {
    if (!subcommand.is_shown()) continue;
    for (const std::string& name : names_of(subcommand)) {
      lines += fmt::format("complete -c {} {} -a {} -d {}\n", program, condition, name,
                           quoted(subcommand.summary));
    }
    const std::string seen =
        fmt::format("-n '__fish_seen_subcommand_from {}'", joined(names_of(subcommand), " "));
    lines += fish_options(program, seen, subcommand.options);
    add_fish(lines, program, subcommand, seen);
  }
}

}  // namespace

std::string fish_completion(const Command& program) {
  std::string lines = fmt::format("# Completion of {} for fish.\n", program.name);
  lines += fish_options(program.name, "", program.options);
  add_fish(lines, program.name, program, "-n __fish_use_subcommand");
  // What the repository has.
  lines += fmt::format(
      "complete -c {0} -a '({0} complete-line -- (commandline -cp) 2>/dev/null </dev/null)'\n",
      program.name);
  return lines;
}

}  // namespace snapfs
