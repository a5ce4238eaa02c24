// Opening what must be a file: in a directory that others may write to, anything can have a file's
// name. Private to the storages of files.
#pragma once

#include <string>
#include <string_view>

#include "fs/base/file.h"

namespace snapfs {

/// Opens a regular file, or a link to one, for reading; never waits. Throws Error{kUnsupported},
/// naming what is there, when it is anything else or a link that leads nowhere, Error{kNotFound}
/// when nothing is.
UniqueFd open_regular_file(const std::string& path);

/// The error for a path that could not be examined or opened, of which `error` is the system's
/// number: nothing when nothing is there. Throws Error{kUnsupported} for a link that leads nowhere,
/// what the system says otherwise.
void require_absent(int error, const char* action, const std::string& path);

/// Throws Error{kUnsupported} for what is in a file's place: `what` is such as "a directory".
[[noreturn]] void throw_other_than_file(const std::string& path, std::string_view what);

/// Throws Error{kUnsupported} naming the file and what it is when it is not a regular one: `mode`
/// is stat(2)'s.
void require_regular(unsigned mode, const std::string& path);

}  // namespace snapfs
