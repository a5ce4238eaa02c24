// The one place that turns everything which can fail into a line and a status.
#pragma once

#include <functional>
#include <string>

#include "cli/process/exit_code.h"

namespace snapfs {

struct GlobalOptions;
class Signals;

/// The repository as it was named, but for a password in it; empty when none was.
std::string repository_label(const GlobalOptions& options);

/// Runs `action`. What it throws becomes the last word of a command that failed, as JSON or not,
/// and the status that says so. Never throws but for want of memory.
ExitCode run_to_status(const std::function<ExitCode(Signals&)>& action, bool json,
                       Signals& signals);

/// The same, and tells how it ended in the file that options.metrics_path() names, if it does.
/// `command` is what was run.
ExitCode run_measured(const std::function<ExitCode(Signals&)>& action, const std::string& command,
                      GlobalOptions& options, Signals& signals);

/// Of an exception that nobody handled, within a catch clause.
std::string unforeseen();

}  // namespace snapfs
