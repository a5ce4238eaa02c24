// Shell patterns that stand for existing paths, with the meaning of Go's filepath.Glob, which
// restic's --files-from expands its lines with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archiver/source/source_fs.h"

namespace snapfs {

/// The paths that `pattern` matches, in byte order within each directory. A pattern without `*`,
/// `?`, `[` and `\` stands for itself if that exists. Names that begin with a dot are like others;
/// a directory that cannot be listed has no entries. Throws Error{kUsage} when the pattern is
/// malformed; `origin` says in the message where it comes from.
std::vector<std::string> expand_glob(const SourceFs& source, const std::string& pattern,
                                     std::string_view origin);

}  // namespace snapfs
