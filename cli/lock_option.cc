#include "cli/lock_option.h"

#include "cli/grammar/command.h"

namespace snapfs {

void add_no_lock_option(Command& command, bool& no_lock) {
  command.add("Repository", {"--no-lock", &no_lock, "Take no lock, for read-only storage"});
}

}  // namespace snapfs
