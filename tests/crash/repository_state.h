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
#include "fs/format/blob.h"
#include "tests/crash/disk_model.h"

namespace snapfs::test {

/// The files of a repository by their names; all else in its directory means nothing.
using RepositoryFiles = std::map<FileKey, std::shared_ptr<const std::string>>;

/// What lies below `directory` of the disk.
RepositoryFiles repository_in(const DiskState& state, const std::string& directory);

/// What there is of a repository that is damaged.
struct Remains {
  std::vector<BlobHandle> blobs;  ///< that can be read
  std::set<Id> snapshots;
};
Remains remains_of(const RepositoryFiles& files, const std::string& password);

struct Promises {
  bool exists = true;                  ///< the repository; without, none may be there yet
  std::vector<std::string> passwords;  ///< one of them opens it, or all
  bool all_passwords = false;          ///< all of them do
  std::set<std::string> times;         ///< of snapshots that are there, RFC 3339
  std::vector<std::string> saved;      ///< beginnings of IDs that are there
  std::optional<std::size_t> keys;     ///< how many keys there are
  std::optional<unsigned> version;     ///< of the format
  bool index_may_be_wrong = false;     ///< before `repair index` was run
  /// Of one that is damaged, which a check would find: instead of that, these blobs can be read,
  /// packs that the index lists are there, all of every other snapshot than these can be read, and
  /// for each of the times there is a snapshot all of which can.
  std::optional<Remains> remains;
  std::set<std::string> whole;
};

/// Nothing when all is kept; otherwise what is not. `go_on`: also the next snapshot and prune.
std::optional<std::string> broken_promise(const RepositoryFiles& files, const Promises& promises,
                                          bool go_on);

}  // namespace snapfs::test
