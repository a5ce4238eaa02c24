// snapfs repair: the commands that make the best of damage, each in a file of its own.
#include "cli/command/commands.h"

namespace snapfs {

Command repair_command(GlobalOptions& options) {
  Command command("repair", "Make the best of damage");
  command.subcommands = {repair_index_command(options), repair_packs_command(options),
                         repair_snapshots_command(options)};
  command.footer = R"(
Begin with "snapfs check --read-data": it says which of these to run, and in what order. Each
writes what is new before it removes what is old, so it may be interrupted and run again.)";
  return command;
}

}  // namespace snapfs
