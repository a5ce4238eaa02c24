// What is being typed at the end of a command line, told from the program's table: for completion
// of what only the repository knows, or the profiles. It reads nothing but the line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar/command.h"
#include "cli/grammar/parser.h"

namespace snapfs {

struct CompletionPlace {
  enum class Wanted : std::uint8_t {
    kNothing,   ///< or what the shell knows, such as a file's name
    kSnapshot,  ///< an ID, or "latest"; behind a colon a folder of it
    kTag,       ///< one, or the last of several with commas between
    kHost,
    kPath,        ///< that snapshots were taken of
    kInSnapshot,  ///< a path in the snapshot that the first argument names
    kProfile,     ///< the name of one
  };

  Wanted wanted = Wanted::kNothing;
  std::string typed;                   ///< so far
  std::vector<std::string> arguments;  ///< of the command, before that
  ParsedLine line = {};                ///< the commands and options before that
};

/// `line` ends where somebody types; it begins with the program's name. Words are divided and
/// quoted as in a shell, "~/" at the beginning of one is the home directory; nothing else is
/// expanded. Options of the program are set as they are met, so that the repository can be opened;
/// those of a command are not. What cannot be understood is passed over.
CompletionPlace find_completion_place(const Command& program, std::string_view line);

}  // namespace snapfs
