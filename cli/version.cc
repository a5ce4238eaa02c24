// snapfs version: says which program this is.
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

Command version_command(GlobalOptions& options) {
  Command command("version", "Say which version this is");
  command.run = [&options](Signals& /*signals*/) { return run_version(options); };
  return command;
}

}  // namespace snapfs
