#include "cli/option/target_file_options.h"

#include "cli/grammar/command.h"

namespace snapfs {

void add_target_file_options(Command& command, TargetFiles& files) {
  const char* const group = "What to take";
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* text) {
    command.add(group, Option(name, "FILE", &values, text).about("what to take"));
  };
  add("--files-from", files.patterns,
      "Take what the patterns in FILE match, one a line (may be repeated)");
  add("--files-from-verbatim", files.verbatim, "Take the paths in FILE, one a line, as they are");
  add("--files-from-raw", files.raw, "Take the paths in FILE, each ended by a zero byte");
}

}  // namespace snapfs
