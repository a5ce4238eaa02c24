// Reads index files one by one, for code that has to know which of them says what. The repository's
// own index is the place to look blobs up; it forgets the files.
#pragma once

#include <functional>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/pack.h"

namespace snapfs {

class Repository;

/// Takes what one index file lists, all of it. Called by several threads at once.
using VisitIndexFile =
    std::function<void(const Id& file, const std::vector<PackDescription>& packs)>;

/// Hears of an index file that could not be read, and may throw to end the reading. One call at a
/// time.
using UnreadableIndex = std::function<void(const Id& file, const Error& error)>;

/// What the file lists. Throws what loading it throws, naming the file.
std::vector<PackDescription> read_index_file(Repository& repository, const Id& file,
                                             StopToken stop);

/// Every one of the files, over several threads. Throws only what ends the run, bugs, and what
/// the functions throw.
void read_index_files(Repository& repository, const std::vector<Id>& files,
                      const VisitIndexFile& visit, const UnreadableIndex& unreadable,
                      StopToken stop);

}  // namespace snapfs
