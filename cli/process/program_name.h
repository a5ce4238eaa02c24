// By which name the program was called. It decides on words only, never on what is done.
#pragma once

#include <string_view>

namespace snapfs {

/// `argv0` as the kernel hands it over: a path, or a name. Called once, before other threads run.
void remember_program_name(std::string_view argv0) noexcept;

/// Whether we stand in restic's place, a link of that name: its callers look for restic's words.
bool called_as_restic() noexcept;

}  // namespace snapfs
