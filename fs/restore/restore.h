// Restores a tree of a repository into a directory (FORMAT §17): the one door to this folder.
#pragma once

#include <string>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/restore/options.h"
#include "fs/restore/progress.h"
#include "fs/restore/target_fs.h"

namespace snapfs {

class Repository;

/// Makes the directory `target`, if it is not there, and in it everything that `tree` holds and the
/// options select. What cannot be restored is reported, and the rest goes on. Nothing outside the
/// target is written to, whatever symbolic links lie in it; a link given as the target itself is
/// followed. The repository's index is loaded. Throws Error{kCancelled} once a stop was requested,
/// and the error of a storage that does not answer: complete files stay, and incomplete ones are
/// gone on with by the next run. Throws Error also when the target cannot be made or opened.
void restore_tree(Repository& repository, const Id& tree, const std::string& target,
                  const RestoreOptions& options, RestoreProgress& progress, StopToken stop);

/// The same with a file system of the caller's.
void restore_tree(Repository& repository, const Id& tree, const std::string& target, TargetFs& fs,
                  const RestoreOptions& options, RestoreProgress& progress, StopToken stop);

}  // namespace snapfs
