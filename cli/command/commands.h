// The program's commands, each in a file of its own name. Running one needs the global options,
// which must outlive it.
#pragma once

#include "cli/grammar/command.h"
#include "cli/process/exit_code.h"

namespace snapfs {

struct GlobalOptions;
class Signals;

Command cache_command(GlobalOptions& options);
Command cat_command(GlobalOptions& options);
Command check_command(GlobalOptions& options);
Command complete_line_command(GlobalOptions& options);
Command copy_command(GlobalOptions& options);
Command diff_command(GlobalOptions& options);
Command drill_command(GlobalOptions& options);
Command dump_command(GlobalOptions& options);
Command find_command(GlobalOptions& options);
Command forget_command(GlobalOptions& options);
Command init_command(GlobalOptions& options);
Command key_command(GlobalOptions& options);
Command list_command(GlobalOptions& options);
Command log_command(GlobalOptions& options);
Command ls_command(GlobalOptions& options);
Command migrate_command(GlobalOptions& options);
Command mount_command(GlobalOptions& options);
Command profile_command(GlobalOptions& options);
Command prune_command(GlobalOptions& options);
Command recover_command(GlobalOptions& options);
Command repair_command(GlobalOptions& options);
Command restore_command(GlobalOptions& options);
Command run_command(GlobalOptions& options);
Command rewrite_command(GlobalOptions& options);
Command snapshot_command(GlobalOptions& options);
Command snapshots_command(GlobalOptions& options);
Command stats_command(GlobalOptions& options);
Command tag_command(GlobalOptions& options);
Command umount_command(GlobalOptions& options);
Command unlock_command(GlobalOptions& options);
Command version_command(GlobalOptions& options);

// Those of "repair".
Command repair_index_command(GlobalOptions& options);
Command repair_packs_command(GlobalOptions& options);
Command repair_snapshots_command(GlobalOptions& options);

/// The program with all of them, and its own options.
Command program_command(GlobalOptions& options);

}  // namespace snapfs
