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

#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar/command.h"

namespace snapfs {

/// What a command line comes to. Refers to the program that was parsed for.
struct ParsedLine {
  std::vector<const Command*> path;  ///< the program, the command, its subcommand
  bool help = false;                 ///< help was asked for: nothing is checked but the options
  std::vector<std::string> advice;   ///< lines about what was written in an old way

  const Command& command() const noexcept { return *path.back(); }
};

/// `arguments` without the program's name. Sets what options and arguments are bound to, those of
/// `program` and of the command. Throws Error{kUsage} with a line that names the place, the value
/// or what is missing; a command that cannot run by itself is not an error.
ParsedLine parse_line(const Command& program, const std::vector<std::string>& arguments);

/// The commands that the line names, as parse_line() finds them; the program alone when there is
/// none. Never throws for a wrong line.
std::vector<const Command*> find_command(const Command& program,
                                         const std::vector<std::string>& arguments);

/// The last value of the switch `name` of the program, wherever it stands as an option: for lines
/// that parse_line() refuses.
bool is_switched_on(const Command& program, const std::vector<std::string>& arguments,
                    std::string_view name);

/// "snapfs key add".
std::string title_of(const std::vector<const Command*>& path);

}  // namespace snapfs
