// snapfs restore: writes a snapshot's files into a directory.
#include "fs/restore/restore.h"

#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/option/restore_options.h"
#include "cli/output/display_text.h"
#include "cli/output/output.h"
#include "cli/output/restore_output.h"
#include "cli/output/snapshot_title.h"
#include "cli/process/process_limits.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/restore/whole_directories.h"

namespace snapfs {
namespace {

/// Whether the directory `inner` is `outer` or lies in it, links followed as far as there are any.
bool lies_in(const std::string& inner, const std::string& outer) {
  std::error_code ignored;
  const std::string in = std::filesystem::weakly_canonical(inner, ignored).string() + "/";
  std::string out = std::filesystem::weakly_canonical(outer, ignored).string();
  if (!out.ends_with('/')) out += '/';
  return in.starts_with(out);
}

void protect_repository(const RestoreOptions& options, const std::string& repository,
                        const std::string& target) {
  if (!options.remove_unexpected || repository.empty() || !lies_in(repository, target)) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("the repository {} lies in {}, where --delete could remove it: restore "
                          "somewhere else, or without --delete",
                          repository, target),
              target);
}

/// Where --delete may delete.
std::function<bool(const std::string&)> deletable(Session& session, const NamedSnapshot& named,
                                                  const RestoreArguments& arguments) {
  if (is_partial(named.snapshot)) {
    throw Error(ErrorCode::kUsage,
                "the snapshot " + named.snapshot.id.short_hex() +
                    " is what an unfinished run had come to, and --delete would remove what that "
                    "run had not: restore it without --delete, or take another snapshot");
  }
  if (arguments.delete_outside_paths) return {};
  return whole_directories(session.repository(), named.snapshot, named.folder, session.stop());
}

void announce(const GlobalOptions& global, const Snapshot& snapshot, const std::string& target) {
  if (global.json || global.quiet) return;
  print(fmt::format("restoring {} to {}\n", title_of(snapshot), displayable(target)));
}

ExitCode finish(const GlobalOptions& global, const RestoreArguments& arguments,
                const RestoreOutput& output) {
  const std::uint64_t errors = output.errors;
  if (errors > 0) {
    print_exit_error(global.json, ExitCode::kFatal,
                     fmt::format("{} error{}, named above: everything else was restored", errors,
                                 errors == 1 ? "" : "s"));
    return ExitCode::kFatal;
  }
  if (arguments.verify && !global.json && !global.quiet) {
    print(fmt::format("verified {} files in {}\n", output.files_verified.load(), arguments.target));
  }
  return ExitCode::kSuccess;
}

ExitCode run_restore(const GlobalOptions& global, const RestoreArguments& arguments,
                     Signals& signals) {
  RestoreOptions options = arguments.options();
  Session session(
      global, signals,
      lock_unless(
          global.no_lock,
          WantedLock(LockMode::kShared).reading(reads_for(arguments.snapshot)).settling_later()));
  protect_repository(options, session.directory(), arguments.target);
  const NamedSnapshot named =
      open_named_snapshot(global, session, arguments.snapshot.front(), arguments.filter);
  if (options.remove_unexpected) options.is_whole = deletable(session, named, arguments);
  announce(global, named.snapshot, arguments.target);

  RestoreOutput output(global, absolute_path(arguments.target, current_directory()),
                       [&signals](const std::string& reason) { signals.stop_because(reason); });
  try {
    reuse_large_buffers();
    restore_tree(session.repository(), named.tree, arguments.target, options, output,
                 session.stop());
  } catch (const Error& error) {
    const bool stopped = error.code() == ErrorCode::kCancelled && signals.reason().empty();
    if (stopped || error.code() == ErrorCode::kNoSpace) output.print_summary();
    throw;
  }
  output.print_summary();
  return finish(global, arguments, output);
}

constexpr const char* kFooter = R"(
What exists in DIR and is the same stays as it is; of files that differ, only the parts that do
are fetched. A restore that was interrupted goes on where it was when it is run again. What
cannot be restored is named, everything else is restored, and the exit status is 1.

Examples:
  snapfs restore latest --target /tmp/restored
  snapfs restore latest:/home/me/work --target ~/work --overwrite if-newer
  snapfs restore 4f2a91c0 -t /tmp/restored --include '*.odt' --host laptop
  snapfs restore latest:/srv -t /srv --delete --dry-run -vv     # see what would happen first)";

}  // namespace

Command restore_command(GlobalOptions& global) {
  Command command("restore", "Write the files of a snapshot into a directory");
  RestoreArguments& arguments = bind_command(command, global, run_restore);
  add_restore_options(command, arguments);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
