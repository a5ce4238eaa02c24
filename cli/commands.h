// The program's commands. Each adds itself to the command line, in a file of its own name.
#pragma once

#include <functional>

#include "cli/exit_code.h"

namespace CLI {
class App;
}

namespace snapfs {

struct GlobalOptions;
class Signals;

/// What is left to do after the command line was understood. Throws Error.
using Command = std::function<ExitCode(Signals&)>;

// Each adds a command to `program`; parsing it assigns `chosen`. The references must outlive the
// program.
void add_check_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_init_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_snapshot_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_snapshots_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_ls_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_find_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_log_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_diff_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_dump_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_stats_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_cat_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_list_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_forget_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_mount_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_tag_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_umount_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_copy_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_prune_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_repair_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_restore_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_rewrite_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_key_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_unlock_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_migrate_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_cache_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_recover_command(CLI::App& program, GlobalOptions& options, Command& chosen);
void add_version_command(CLI::App& program, GlobalOptions& options, Command& chosen);

// Those of "repair", which adds them to itself.
void add_repair_index_command(CLI::App& repair, GlobalOptions& options, Command& chosen);
void add_repair_packs_command(CLI::App& repair, GlobalOptions& options, Command& chosen);
void add_repair_snapshots_command(CLI::App& repair, GlobalOptions& options, Command& chosen);

}  // namespace snapfs
