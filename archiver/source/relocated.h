// A file or directory that is stored under another path than it has on disk.
#pragma once

#include <memory>
#include <string>

#include "archiver/source/source_fs.h"

namespace snapfs {

/// Shows what `source` has at `path` at `as_path`, which is absolute, cleaned and not "/". The
/// directories above `as_path` look like those of that name in `source`; where it has none they are
/// made up with the time `made_at`. Handles at and below the item call it by its name on disk, for
/// messages. `source` must outlive the result. Throws SourceError when the directory that `path` is
/// in cannot be entered.
std::unique_ptr<SourceFs> relocate(const SourceFs& source, const std::string& path,
                                   const std::string& as_path, Timestamp made_at);

}  // namespace snapfs
