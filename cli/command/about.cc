// snapfs help, options and features: what there is to say about the program itself.
#include "cli/command/about.h"

#include <string>
#include <vector>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/help.h"
#include "cli/grammar/parser.h"
#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

ExitCode run_help(const GlobalOptions& /*options*/, const std::vector<std::string>& words,
                  Signals& /*signals*/) {
  GlobalOptions unused;
  const Command program = program_command(unused);
  std::vector<std::string> line = words;
  line.emplace_back("--help");
  const ParsedLine parsed = parse_line(program, line);
  if (parsed.path.size() != words.size() + 1) {
    // Finds the words to say; a command that takes arguments has no commands below it.
    throw Error(ErrorCode::kUsage, "\"" + words.at(parsed.path.size() - 1) +
                                       "\" is no command: \"snapfs help\" lists what there is");
  }
  print(help_text(parsed.path));
  return ExitCode::kSuccess;
}

}  // namespace

Command help_command(GlobalOptions& options) {
  Command command("help", "Describe a command");
  command.takes_settings = false;
  std::vector<std::string>& words = bind_command(command, options, run_help);
  command.take_all("COMMAND", &words, "Which one; without it: the program");
  return command;
}

Command options_command(GlobalOptions& /*options*/) {
  Command command("options", "List what -o KEY=VALUE can set");
  command.takes_settings = false;
  command.run = [](Signals& /*signals*/) {
    print(
        "All Extended Options:\n"
        "  local.connections         accepted for restic's sake; a directory needs no limit\n"
        "  rclone.args               what rclone is told to do (default: serve restic --stdio "
        "--b2-hard-delete); --stdio is left out\n"
        "  rclone.connections        at most so many requests at once (default: 8)\n"
        "  rclone.program            how rclone is called (default: rclone)\n"
        "  rclone.timeout            how long it may take to start (default: 1m)\n"
        "  rest.connections          at most so many requests at once (default: 32)\n"
        "  s3.connections            how many requests may be under way at once (default: 32)\n"
        "  s3.region                 where the bucket is (default: found out)\n"
        "  s3.bucket-lookup          how the bucket is named: auto, dns or path (default: auto)\n"
        "  s3.storage-class          what files are stored as (default: what the bucket says); a "
        "class that archives takes data only\n"
        "  s3.list-objects-v1        true: list by the older protocol\n"
        "  s3.unsafe-anonymous-auth  true: ask without credentials\n"
        "  s3.retries                accepted for restic's sake; what fails is tried for 15 "
        "minutes\n"
        "  sftp.args                 more options for ssh, split as a shell does\n"
        "  sftp.command              what is run in the place of ssh, with all its arguments\n"
        "  sftp.connections          how often ssh is started at most (default: 5)\n");
    return ExitCode::kSuccess;
  };
  return command;
}

Command features_command(GlobalOptions& /*options*/) {
  Command command("features", "List the features that can be switched, of which there are none");
  command.takes_settings = false;
  command.run = [](Signals& /*signals*/) {
    print("All Feature Flags:\nthere are none: what works is on\n");
    return ExitCode::kSuccess;
  };
  return command;
}

}  // namespace snapfs
