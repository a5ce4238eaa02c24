// The help of a command, from its table.
#pragma once

#include <string>
#include <vector>

#include "cli/grammar/command.h"

namespace snapfs {

/// `path` leads from the program to the command. Lines of options begin with two blanks and a dash,
/// the commands stand below "Subcommands:"; scripts read both.
std::string help_text(const std::vector<const Command*>& path);

}  // namespace snapfs
