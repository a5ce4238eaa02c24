// What shells complete on a command line, from the program's table.
#pragma once

#include <string>

#include "cli/grammar/command.h"

namespace snapfs {

/// Scripts that are sourced, or put where the shell looks for such. Commands and options are
/// completed, of other arguments and of values the names of files.
std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

}  // namespace snapfs
