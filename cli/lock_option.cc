#include "cli/lock_option.h"

#include <CLI/CLI.hpp>

namespace snapfs {

void add_no_lock_option(CLI::App& app, bool& no_lock) {
  app.add_flag("--no-lock", no_lock, "Take no lock, for read-only storage")->group("Repository");
}

}  // namespace snapfs
