// --metrics, of the commands whose runs are watched.
#pragma once

namespace snapfs {

class Command;
struct GlobalOptions;

/// Adds it. The program writes the file when the command has ended, however it did. `options` must
/// outlive `command`.
void add_metrics_option(Command& command, GlobalOptions& options);

/// Whether the command has it.
bool has_metrics(const Command& command);

}  // namespace snapfs
