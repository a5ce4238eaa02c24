// The scripts step over options and their values to find the command, as the parser does, and then
// have one list of words for each. Zsh runs the same one as bash, where no variable may be called
// "path": that is its $PATH.
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

/// How the words of a line lead to a command, and what comes after it. Commands are called by their
/// path: "/key/add".
struct Grammar {
  struct Step {
    std::string from;  ///< a path and a word
    std::string to;    ///< the path that they are
  };
  struct Place {
    std::string path;
    std::vector<std::string> words;
  };
  std::vector<Step> steps;
  std::vector<Place> places;
  std::vector<std::string> with_value;  ///< options

  explicit Grammar(const Command& program) {
    std::vector<std::string> shared = words_of(program.options, false);
    shared.insert(shared.end(), {"-h", "--help"});
    add(program, "", shared);
  }

 private:
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
        steps.push_back({fmt::format("{}/{}", path, name), next});
      }
      add(subcommand, next, shared);
    }
    for (std::string& word : words_of(command.options, true)) with_value.push_back(std::move(word));
    places.push_back({path, std::move(words)});
  }
};

}  // namespace

std::string bash_completion(const Command& program) {
  const Grammar grammar(program);
  std::string steps;
  for (const Grammar::Step& step : grammar.steps) {
    steps += fmt::format("      '{}') place='{}' ;;\n", step.from, step.to);
  }
  std::string lists;
  for (const Grammar::Place& place : grammar.places) {
    lists += fmt::format("    '{}') words='{}' ;;\n", place.path, joined(place.words, " "));
  }
  return fmt::format(
      R"(# Completion of {0} for bash. Source it, or put it where bash looks for such.
_{0}() {{
  local place='' words='' i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    case $word in
      {1}) ((i++)); continue ;;
    esac
    case "$place/$word" in
{2}    esac
  done
  case $place in
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
    done < <("${{COMP_WORDS[0]}}" complete-line -- "${{COMP_LINE:0:$COMP_POINT}}" 2>/dev/null </dev/null)
    [[ ${{#COMPREPLY[@]}} -eq 0 ]] || return 0
  fi
  case ${{COMP_WORDS[COMP_CWORD-1]}} in
    {1}) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}}
complete -o default -F _{0} {0}
)",
      program.name, joined(grammar.with_value, "|"), steps, lists);
}

std::string zsh_completion(const Command& program) {
  return fmt::format(
      R"(#compdef {0}
(( $+functions[compdef] )) || {{ autoload -U +X compinit && compinit; }}
autoload -U +X bashcompinit && bashcompinit
{1}
# From where zsh looks for such, this file is read when it is wanted first: it is wanted now.
[[ ${{funcstack[1]}} != _{0} ]] || _bash_complete -o default -F _{0}
)",
      program.name, bash_completion(program));
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

/// `path` is what the function in fish says of the words before: "/key".
void add_fish(std::string& lines, const std::string& program, const Command& command,
              const std::string& path) {
  const auto when = [&program](const std::string& on) {
    return fmt::format("-n '__fish_{}_is_at \"{}\"'", program, on);
  };
  for (const Command& subcommand : command.subcommands) {
    if (!subcommand.is_shown()) continue;
    for (const std::string& name : names_of(subcommand)) {
      lines += fmt::format("complete -c {} {} -a {} -d {}\n", program, when(path), name,
                           quoted(subcommand.summary));
    }
    const std::string next = path + "/" + subcommand.name;
    lines += fish_options(program, when(next), subcommand.options);
    add_fish(lines, program, subcommand, next);
  }
}

/// The function that says whether the words before lead to a command.
std::string fish_is_at(const Command& program) {
  const Grammar grammar(program);
  std::string steps;
  for (const Grammar::Step& step : grammar.steps) {
    steps +=
        fmt::format("            case '{}'\n                set path '{}'\n", step.from, step.to);
  }
  return fmt::format(R"(function __fish_{0}_is_at
    set -l path ''
    set -l is_value 0
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test $is_value = 1
            set is_value 0
            continue
        end
        switch $word
            case {1}
                set is_value 1
                continue
        end
        switch "$path/$word"
{2}        end
    end
    test "$path" = "$argv[1]"
end
)",
                     program.name, joined(grammar.with_value, " "), steps);
}

}  // namespace

std::string fish_completion(const Command& program) {
  std::string lines = fmt::format("# Completion of {} for fish.\n", program.name);
  lines += fish_is_at(program);
  lines += fish_options(program.name, "", program.options);
  add_fish(lines, program.name, program, "");
  // What the repository has.
  lines += fmt::format(
      "complete -c {0} -a '({0} complete-line -- (commandline -cp) 2>/dev/null </dev/null)'\n",
      program.name);
  return lines;
}

}  // namespace snapfs
