// Commands of the user's that a profile has run around a command of ours.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/grammar/command.h"
#include "cli/grammar/parser.h"
#include "cli/process/exit_code.h"
#include "cli/profile/profile.h"

namespace snapfs {

struct GlobalOptions;

/// For /bin/sh -c.
struct HookCommand {
  std::string text;
  Place place;
  std::string directory;  ///< that it is run in: the one of its file
};

/// Those around one command, each kind in the order that it is run in.
struct Hooks {
  std::vector<HookCommand> before;   ///< the first that fails keeps the rest from being run
  std::vector<HookCommand> after;    ///< when the status is 0
  std::vector<HookCommand> failed;   ///< when it is not
  std::vector<HookCommand> finally;  ///< in any case

  bool empty() const noexcept {
    return before.empty() && after.empty() && failed.empty() && finally.empty();
  }
};

/// [hooks] for the command "run", [COMMAND.hooks] for others. A kind that the profile does not name
/// comes from the one that it inherits from. Throws Error{kUsage} for a table that is none.
Hooks hooks_for(const Profile& profile, const std::vector<const Command*>& path);

/// Reads one such table for its mistakes. Throws Error{kUsage}.
void check_hooks(const ProfileFile& file, const ProfileEntry& table);

/// The worse of two: interrupted, failed, incomplete, good. Of two that failed, the first.
ExitCode worse(ExitCode first, ExitCode second) noexcept;

/// What the line asks for with the hooks of options.profile around it, which may be none. A dry run
/// has none. Their standard output goes to our standard error. In their environment are
/// SNAPFS_PROFILE, SNAPFS_COMMAND, SNAPFS_LOCATION (the repository, without a password),
/// SNAPFS_EXIT_STATUS (not before the command) and SNAPFS_SNAPSHOT_ID (empty unless one was taken);
/// never a password of ours. `options` must outlive the result. Throws Error{kUsage}.
/// A hook that calls the same command with the same profile has none run around that. Of the
/// command "run" of a profile there is one at a time, from its first hook to its last: the result
/// throws Error{kLocked} at once when another process is at it (RunLock).
Action with_hooks(Action action, GlobalOptions& options, const ParsedLine& line);

}  // namespace snapfs
