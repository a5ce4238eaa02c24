// The options of "snapfs snapshot": what can be said on the command line, and what it means.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "archiver/freeze/freezer.h"
#include "cli/option/exclude_options.h"
#include "cli/option/target_file_options.h"

namespace snapfs {

class Command;
struct GlobalOptions;

/// Which snapshots of file systems to read from, and the room for an LVM snapshot, as of
/// make_freezer().
struct SourceSnapshotChoice {
  FreezeKind kind = FreezeKind::kNone;
  std::string lvm_size;
};

/// As given. What is empty is looked for in the environment, or has a default, when it is used.
struct SnapshotOptions {
  std::vector<std::string> targets;  ///< or a command and its arguments
  TargetFiles target_files;
  ExcludeOptions excludes;
  bool stdin_from_command = false;
  std::string stdin_filename = "stdin";
  std::string as_path;
  std::string source_snapshot = "none";

  std::vector<std::string> tags;    ///< several in one, separated by commas
  std::optional<std::string> host;  ///< empty: this machine, whatever the environment says
  std::string time;

  std::string parent;
  std::string group_by = "host,paths";
  bool force = false;
  bool ignore_inode = false;
  bool ignore_ctime = false;

  bool with_atime = false;
  bool skip_if_unchanged = false;
  bool dry_run = false;
  bool no_scan = false;
  std::string read_concurrency;
  std::string checkpoint = "5m";

  /// The tags one by one, empty ones left out. Throws Error{kUsage} for one that is ours.
  std::vector<std::string> tag_list() const;

  /// How often to write a partial snapshot; 0: never. Throws Error{kUsage}.
  std::chrono::seconds checkpoint_every() const;

  /// What to read the files from: --source-snapshot. Throws Error{kUsage}.
  SourceSnapshotChoice source_snapshot_choice() const;

  /// How many files to read at once: --read-concurrency, READ_CONCURRENCY; 0 when nobody said so.
  /// Throws Error{kUsage}.
  unsigned read_concurrency_count() const;
};

/// Adds the options to the command. Both structures must outlive `command`.
void add_snapshot_options(Command& command, GlobalOptions& global, SnapshotOptions& options);

}  // namespace snapfs
