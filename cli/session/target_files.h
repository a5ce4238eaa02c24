// Targets that are listed in files (FORMAT §13.1 says what becomes of them).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archiver/source/source_fs.h"

namespace snapfs {

struct TargetFiles;

/// The targets in the files, in the order of TargetFiles, then `arguments`. Patterns that match
/// nothing in `source` are named on standard error. Throws Error{kUsage} when there is no target at
/// all, a pattern is malformed, or a raw list is; and what reading the files throws.
std::vector<std::string> collect_targets(const TargetFiles& files,
                                         std::span<const std::string> arguments,
                                         const SourceFs& source, bool json);

/// The names in the text of a --files-from-raw file; each is followed by a zero byte. `path` is for
/// the message. Throws Error{kUsage}.
std::vector<std::string> split_raw_names(std::string_view text, std::string_view path);

}  // namespace snapfs
