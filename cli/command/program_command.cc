// The whole command line: the program, its own options, and its commands.
#include <utility>

#include "cli/command/about.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"

namespace snapfs {
namespace {

constexpr const char* kDescription =
    "Snapshots you can cd into: encrypted, deduplicated, in restic's repository format.";

constexpr const char* kFooter = R"(
A first tour:
  export SNAPFS_REPOSITORY=~/snapshots SNAPFS_PASSWORD_FILE=~/.snapfs-password
  (umask 077; set -C; head -c 18 /dev/urandom | base64 > ~/.snapfs-password)
  snapfs init                             # make the repository
  snapfs snapshot ~/work                  # take a snapshot
  snapfs snapshots                        # list what there is
  mkdir -p ~/mnt
  snapfs mount --background ~/mnt         # browse it
  cp -a ~/mnt/snapshots/latest"$HOME"/work ~/work-of-the-last-snapshot
  snapfs umount ~/mnt

Every SNAPFS_* variable may also be called RESTIC_*.
Exit status: 0 done, 1 failed, 3 part of the source could not be read, 10 no repository,
11 locked, 12 wrong password, 130 interrupted.
The password is all that opens the repository: keep a copy of it in a second place.
"snapfs help COMMAND" and "man snapfs-COMMAND" say more.)";

}  // namespace

Command program_command(GlobalOptions& options) {
  Command program("snapfs", kDescription);
  program.footer = kFooter;
  program.add("Options", {"-V,--version", &options.version, "Print the version and exit"});
  add_global_options(program, options);
  // In the order of the help: what is used most comes first.
  for (Command (*const make)(GlobalOptions&) :
       {init_command,      snapshot_command, run_command,          profile_command,
        snapshots_command, restore_command,  ls_command,           find_command,
        log_command,       diff_command,     dump_command,         stats_command,
        cat_command,       list_command,     forget_command,       mount_command,
        tag_command,       umount_command,   check_command,        drill_command,
        copy_command,      prune_command,    repair_command,       rewrite_command,
        key_command,       unlock_command,   migrate_command,      cache_command,
        recover_command,   generate_command, options_command,      features_command,
        help_command,      version_command,  complete_line_command}) {
    program.subcommands.push_back(make(options));
  }
  // As restic called it once.
  Command rebuild_index = repair_index_command(options);
  rebuild_index.name = "rebuild-index";
  rebuild_index.deprecated = "use \"snapfs repair index\"";
  program.subcommands.push_back(std::move(rebuild_index));
  return program;
}

}  // namespace snapfs
