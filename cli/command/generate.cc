// snapfs generate: what shells complete, as files.
#include <fcntl.h>

#include <string>

#include "cli/command/about.h"
#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/completion.h"
#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

struct GenerateArguments {
  std::string bash;
  std::string zsh;
  std::string fish;
  std::string powershell;
  std::string man;
};

void write_text(const std::string& path, const std::string& text) {
  if (path == "-") return print(text);
  constexpr unsigned kMode = 0666;
  const UniqueFd file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, kMode);
  write_all(file.get(), as_bytes(text), path);
}

ExitCode run_generate(const GlobalOptions& /*options*/, const GenerateArguments& arguments,
                      Signals& /*signals*/) {
  if (!arguments.powershell.empty()) {
    throw Error(ErrorCode::kUsage, "there is no completion for PowerShell");
  }
  if (!arguments.man.empty()) {
    throw Error(ErrorCode::kUsage,
                "manual pages are not generated: they are installed with the program, see \"man "
                "snapfs\"");
  }
  if (arguments.bash.empty() && arguments.zsh.empty() && arguments.fish.empty()) {
    throw Error(ErrorCode::kUsage,
                "nothing to do: say for which shell, for example with --bash-completion FILE");
  }
  GlobalOptions unused;
  const Command program = program_command(unused);
  if (!arguments.bash.empty()) write_text(arguments.bash, bash_completion(program));
  if (!arguments.zsh.empty()) write_text(arguments.zsh, zsh_completion(program));
  if (!arguments.fish.empty()) write_text(arguments.fish, fish_completion(program));
  return ExitCode::kSuccess;
}

}  // namespace

Command generate_command(GlobalOptions& options) {
  Command command("generate", "Write what shells need to complete command lines");
  command.takes_settings = false;
  GenerateArguments& arguments = bind_command(command, options, run_generate);
  command.add("Generate",
              {
                  {"--bash-completion", "FILE", &arguments.bash,
                   "Write the script for bash into FILE, or to standard output for -"},
                  {"--zsh-completion", "FILE", &arguments.zsh, "The same for zsh"},
                  {"--fish-completion", "FILE", &arguments.fish, "The same for fish"},
                  Option("--powershell-completion", "FILE", &arguments.powershell, "").hidden(),
                  Option("--man", "DIR", &arguments.man, "").hidden(),
              });
  command.footer = R"(
Examples:
  snapfs generate --bash-completion ~/.local/share/bash-completion/completions/snapfs
  snapfs generate --fish-completion ~/.config/fish/completions/snapfs.fish)";
  return command;
}

}  // namespace snapfs
