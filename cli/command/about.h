// Commands about the program itself: they look at the table of all of them.
#pragma once

#include "cli/grammar/command.h"

namespace snapfs {

struct GlobalOptions;

Command features_command(GlobalOptions& options);
Command generate_command(GlobalOptions& options);
Command help_command(GlobalOptions& options);
Command options_command(GlobalOptions& options);

}  // namespace snapfs
