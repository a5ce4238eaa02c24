#include "cli/process/program_name.h"

#include <atomic>

namespace snapfs {
namespace {

std::atomic<bool> as_restic{false};

}  // namespace

void remember_program_name(std::string_view argv0) noexcept {
  as_restic.store(argv0.substr(argv0.find_last_of('/') + 1) == "restic");
}

bool called_as_restic() noexcept { return as_restic.load(); }

}  // namespace snapfs
