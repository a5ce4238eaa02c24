// Whether what is left of a repository is what was promised: it opens, every snapshot in it is
// complete, those that have to be there are there, and the next snapshot and prune succeed. In
// memory, with the program's own parts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fs/backend/file_key.h"
#include "tests/crash/disk_model.h"

namespace snapfs::test {

/// The files of a repository by their names; all else in its directory means nothing.
using RepositoryFiles = std::map<FileKey, std::shared_ptr<const std::string>>;

/// What lies below `directory` of the disk.
RepositoryFiles repository_in(const DiskState& state, const std::string& directory);

struct Promises {
  bool exists = true;                  ///< the repository; without, none may be there yet
  std::vector<std::string> passwords;  ///< one of them opens it
  std::set<std::string> times;         ///< of snapshots that are there, RFC 3339
  std::vector<std::string> saved;      ///< beginnings of IDs that are there
  std::optional<std::size_t> keys;     ///< how many keys there are
  std::optional<unsigned> version;     ///< of the format
  bool index_may_be_wrong = false;     ///< before `repair index` was run
};

/// Nothing when all is kept; otherwise what is not. `go_on`: also the next snapshot and prune.
std::optional<std::string> broken_promise(const RepositoryFiles& files, const Promises& promises,
                                          bool go_on);

}  // namespace snapfs::test
