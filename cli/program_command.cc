// The whole command line: the program, its own options, and its commands.
#include "cli/commands.h"
#include "cli/global_options.h"

namespace snapfs {
namespace {

constexpr const char* kDescription =
    "Snapshots you can cd into: encrypted, deduplicated, in restic's repository format.";

constexpr const char* kFooter = R"(
A first tour:
  export SNAPFS_REPOSITORY=/srv/snapshots SNAPFS_PASSWORD_FILE=~/.snapfs-password
  snapfs init                             make the repository
  snapfs snapshot ~/work                  take a snapshot
  snapfs snapshots                        list what there is
  snapfs mount ~/mnt                      browse it; Ctrl-C unmounts
  cp -a ~/mnt/snapshots/latest/home/me/work/report.odt .

Every SNAPFS_* variable may also be called RESTIC_*.
Exit status: 0 done, 1 failed, 3 part of the source could not be read, 10 no repository,
11 locked, 12 wrong password, 130 interrupted.
"snapfs COMMAND --help" and "man snapfs" say more.)";

}  // namespace

Command program_command(GlobalOptions& options) {
  Command program("snapfs", kDescription);
  program.footer = kFooter;
  program.add("Options", {"-V,--version", &options.version, "Print the version and exit"});
  add_global_options(program, options);
  // In the order of the help: what is used most comes first.
  for (Command (*const make)(GlobalOptions&) :
       {init_command,    snapshot_command, snapshots_command, restore_command, ls_command,
        find_command,    log_command,      diff_command,      dump_command,    stats_command,
        cat_command,     list_command,     forget_command,    mount_command,   tag_command,
        umount_command,  check_command,    copy_command,      prune_command,   repair_command,
        rewrite_command, key_command,      unlock_command,    migrate_command, cache_command,
        recover_command, version_command}) {
    program.subcommands.push_back(make(options));
  }
  return program;
}

}  // namespace snapfs
