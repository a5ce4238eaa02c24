// Directories for what the program keeps on this machine, which concerns nobody but the user. Not
// those of repositories, whose modes follow their config file.
#pragma once

#include <string>

namespace snapfs {

/// Makes the directory and those above it, as far as they are not there, with the mode 0700. Throws
/// Error.
void make_private_directories(const std::string& path);

}  // namespace snapfs
