// snapfs version: says which program this is. Called as restic it says first what programs ask
// restic for: the version whose behaviour they get, in a form that they can read. They refuse to
// work without.
#include <string>

#include <fmt/format.h>

#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/process/program_name.h"

namespace snapfs {
namespace {

/// docs/restic.md lists what differs from it.
constexpr const char* kResticVersion = "0.19.1";

/// There is no Go in here; they want a number.
constexpr const char* kGoVersion = "go0.0";

constexpr const char* kSystem = "linux";
constexpr const char* kMachine =
#if defined(__x86_64__)
    "amd64";
#elif defined(__aarch64__)
    "arm64";
#elif defined(__riscv)
    "riscv64";
#else
    "unknown";
#endif

std::string version_text() {
  const std::string own =
      fmt::format("snapfs {} compiled with C++ compiler {}", SNAPFS_VERSION, __VERSION__);
  if (!called_as_restic()) return own + "\n";
  return fmt::format("restic {} compiled with {} on {}/{} ({})\n", kResticVersion, kGoVersion,
                     kSystem, kMachine, own);
}

std::string version_json() {
  JsonObject object;
  object.text("message_type", "version")
      .text("version", called_as_restic() ? kResticVersion : SNAPFS_VERSION)
      .text("go_version", kGoVersion)
      .text("go_os", kSystem)
      .text("go_arch", kMachine)
      .text("snapfs_version", SNAPFS_VERSION);
  return object.finish() + "\n";
}

}  // namespace

Command version_command(GlobalOptions& options) {
  Command command("version", "Say which version this is");
  command.takes_settings = false;
  command.run = [&options](Signals& /*signals*/) {
    print(options.json ? version_json() : version_text());
    return ExitCode::kSuccess;
  };
  return command;
}

}  // namespace snapfs
