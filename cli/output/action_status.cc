#include "cli/output/action_status.h"

#include <exception>
#include <memory>
#include <optional>

#include "cli/option/global_options.h"
#include "cli/output/metrics_file.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/process/signals.h"
#include "fs/backend/open/location.h"
#include "fs/base/error.h"
#include "fs/time/clock.h"

namespace snapfs {
namespace {

/// A run that went well did so whether or not anybody can be told: its status stays.
void write_metrics(const GlobalOptions& options, ExitCode status) {
  const RunMetrics& run = *options.metrics;
  if (run.is_called_off()) return;
  const std::string path = options.metrics_path();
  try {
    update_metrics_file(path, run, run.finish(status, SystemClock{}.now()));
  } catch (const Error& error) {
    print_warning(options.json, path,
                  std::string("the metrics of this run were not written: ") + error.what());
  }
}

}  // namespace

std::string repository_label(const GlobalOptions& options) {
  try {
    return shown_location(options.repository_string());
  } catch (const Error&) {
    return "";  // the command will say so
  }
}

std::string unforeseen() {
  const Error error = current_error();
  return error.code() == ErrorCode::kInternal
             ? std::string("an unexpected error, please report it: ") + error.what()
             : std::string(error.what()) + ": nothing more was written";
}

ExitCode run_to_status(const std::function<ExitCode(Signals&)>& action, bool json,
                       Signals& signals) {
  try {
    return action(signals);
  } catch (const OutputClosed&) {
    return ExitCode::kOutputClosed;
  } catch (const Error& error) {
    ExitCode code = exit_code_for(error.code());
    std::string message = error.what();
    if (error.code() == ErrorCode::kCancelled) {
      const std::optional<Error> reason = signals.failure();
      message = reason ? reason->what() : "interrupted";
      if (reason) {
        code = reason->code() == ErrorCode::kCancelled ? ExitCode::kFatal
                                                       : exit_code_for(reason->code());
      }
    }
    print_exit_error(json, code, message);
    return code;
  } catch (const std::exception&) {
    print_exit_error(json, ExitCode::kFatal, unforeseen());
  }
  return ExitCode::kFatal;
}

ExitCode run_measured(const std::function<ExitCode(Signals&)>& action, const std::string& command,
                      GlobalOptions& options, Signals& signals) {
  if (options.metrics_path().empty()) return run_to_status(action, options.json, signals);
  options.metrics =
      std::make_shared<RunMetrics>(command, repository_label(options), options.profile_name);
  const ExitCode status = run_to_status(action, options.json, signals);
  write_metrics(options, status);
  return status;
}

}  // namespace snapfs
