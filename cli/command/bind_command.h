// Binds the options and arguments of a command to the function that runs it.
#pragma once

#include <memory>

#include "cli/grammar/command.h"
#include "cli/process/exit_code.h"

namespace snapfs {

struct GlobalOptions;
class Signals;

/// Has the command run `run` with what its options and arguments will be bound to, which lives as
/// long as the command does. `global` must outlive it.
template <class Arguments>
Arguments& bind_command(Command& command, const GlobalOptions& global,
                        ExitCode (*run)(const GlobalOptions&, const Arguments&, Signals&)) {
  const auto arguments = std::make_shared<Arguments>();
  command.run = [&global, arguments, run](Signals& signals) {
    return run(global, *arguments, signals);
  };
  return *arguments;
}

}  // namespace snapfs
