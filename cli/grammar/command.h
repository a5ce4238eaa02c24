// A command, as data: what it is called, what it takes, and what runs it. The same table gives the
// grammar, the help, and what is completed in a shell.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar/option.h"

namespace snapfs {

// Known here by name only: whoever runs a command knows more.
enum class ExitCode : int;
class Signals;

/// An argument that is no option, or several of one kind.
struct Positional {
  std::string name;  ///< in capitals, for the help
  Binding binding;
  std::string text;
  std::size_t min = 1;
  std::size_t max = 1;
  std::string missing;   ///< what is said when there are less than `min`; empty: "NAME is missing"
  std::string key = {};  ///< in a file of settings; empty: it cannot be set there
  std::string subject = {};  ///< as Option::about

  static constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
};

/// What is left to do after the command line was understood. Throws Error.
using Action = std::function<ExitCode(Signals&)>;

/// A value; what its options are bound to must outlive the parsing.
class Command {
 public:
  Command(std::string name, std::string summary);

  std::string name;
  std::string summary;               ///< one line, for the list of commands
  std::vector<std::string> aliases;  ///< shown beside the name
  std::string deprecated;            ///< "use repair index": it still runs, and is not shown
  bool hidden = false;               ///< it is for scripts: neither shown nor proposed
  std::string footer;                ///< what the help says below the options
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::vector<Command> subcommands;
  Action run;                  ///< empty: only its subcommands run
  bool takes_settings = true;  ///< files of settings count; false for what shows or explains them

  /// Adds options under a heading.
  Command& add(std::string_view group, std::initializer_list<Option> more);
  Command& add(std::string_view group, Option option);

  /// Adds an argument that must be there.
  Command& take(std::string name, Binding binding, std::string text);
  /// Adds one that may be there.
  Command& take_optional(std::string name, Binding binding, std::string text);
  /// Adds as many as there are, `min` or more.
  Command& take_all(std::string name, std::vector<std::string>* list, std::string text,
                    std::size_t min = 0);

  /// Whether people are to be told of it.
  bool is_shown() const noexcept { return deprecated.empty() && !hidden; }

  bool is_called(std::string_view word) const noexcept;
  const Command* find(std::string_view word) const noexcept;  ///< among the subcommands

  /// By a long name without dashes, or by a letter; nullptr: there is none.
  const Option* find_option(std::string_view long_name) const noexcept;
  const Option* find_option(char letter) const noexcept;
};

}  // namespace snapfs
