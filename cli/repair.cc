// snapfs repair: the commands that make the best of damage, each in a file of its own.
#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace snapfs {

void add_repair_command(CLI::App& program, GlobalOptions& options, Command& chosen) {
  CLI::App* command = program.add_subcommand("repair", "Make the best of damage");
  command->require_subcommand(1);
  add_repair_index_command(*command, options, chosen);
  add_repair_packs_command(*command, options, chosen);
  add_repair_snapshots_command(*command, options, chosen);
  command->footer(R"(
Begin with "snapfs check --read-data": it says which of these to run, and in what order. Each
writes what is new before it removes what is old, so it may be interrupted and run again.)");
}

}  // namespace snapfs
