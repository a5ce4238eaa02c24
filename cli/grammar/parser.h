// From arguments to a command and its values, by the grammar of Go's cobra and pflag, which is what
// restic's command lines are written for:
//
//   --name=value, --name value, -n value, -nvalue, -n=value   the same; the last one wins
//   --name= and --name ""                                      an empty value, never the next
//   argument
//   --flag, --flag=false, -abc, -v=2                           what may stand alone takes no
//   argument
//   --                                                         ends the options
//
// Options and other arguments stand in any order, those of the program before the command or behind
// it. Names are not abbreviated. The command is the first argument that is neither an option nor
// the value of one; of an option that is not known there, the value is taken to be the next
// argument.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar/command.h"

namespace snapfs {

class Error;

/// An option that stands on the line, with its value.
struct GivenOption {
  const Option* option;
  std::string value;
};

/// What a command line comes to. Refers to the program that was parsed for.
struct ParsedLine {
  std::vector<const Command*> path;  ///< the program, the command, its subcommand
  bool help = false;                 ///< help was asked for: nothing is checked but the options
  std::vector<std::string> advice;   ///< lines about what may be meant otherwise
  std::vector<GivenOption> given;    ///< in the order of the line

  const Command& command() const noexcept { return *path.back(); }
};

/// Sets what the line leaves open, in options and in `arguments`, those that are no options. Called
/// when all options of the line are set, and before anything that lacks is missed.
using FillIn = std::function<void(const ParsedLine& line, std::vector<std::string>& arguments)>;

/// `arguments` without the program's name. Sets what options and arguments are bound to, those of
/// `program` and of the command. Throws Error{kUsage} with a line that names the place, the value
/// or what is missing; a command that cannot run by itself is not an error. `fill_in` is not asked
/// when help is wanted, nor for a command that takes no settings.
ParsedLine parse_line(const Command& program, const std::vector<std::string>& arguments,
                      const FillIn& fill_in = {});

/// The commands that the line names, as parse_line() finds them; the program alone when there is
/// none. Never throws for a wrong line.
std::vector<const Command*> find_command(const Command& program,
                                         const std::vector<std::string>& arguments);

/// The last value of the switch `name` of the program, wherever it stands as an option: for lines
/// that parse_line() refuses.
bool is_switched_on(const Command& program, const std::vector<std::string>& arguments,
                    std::string_view name);

/// Within a catch clause: throws the Error again with `title` in front, and the value where the
/// message does not begin with it. What is no Error{kUsage} passes as it is.
[[noreturn]] void refuse_value(const std::string& title, const std::string& value,
                               const Error& error);

/// ": did you mean --repo?", or nothing when there are no words.
std::string did_you_mean(const std::vector<std::string>& words, std::string_view dashes);

/// "snapfs key add".
std::string title_of(const std::vector<const Command*>& path);

}  // namespace snapfs
