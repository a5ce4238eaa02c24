// snapfs version: says which program this is.
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/global_options.h"
#include "cli/json_object.h"
#include "cli/output.h"

namespace snapfs {
namespace {

ExitCode run_version(const GlobalOptions& options) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", "version").text("version", SNAPFS_VERSION);
    print(object.finish() + "\n");
  } else {
    print("snapfs " SNAPFS_VERSION " compiled with C++ compiler " __VERSION__ "\n");
  }
  return ExitCode::kSuccess;
}

}  // namespace

void add_version_command(CLI::App& program, GlobalOptions& options, Command& chosen) {
  CLI::App* command = program.add_subcommand("version", "Say which version this is");
  command->add_flag("--json", options.json, "Print JSON, for programs")->group("Output");
  command->callback([&options, &chosen] {
    chosen = [&options](Signals& /*signals*/) { return run_version(options); };
  });
}

}  // namespace snapfs
