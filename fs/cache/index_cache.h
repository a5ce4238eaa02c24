// The index of a repository in a local file that is mapped into memory: what a mount begins with
// instead of reading every index file again. It stands for a set of index files, and holds no more
// than they do; it is not asked whether a blob exists before something is written. The file is only
// ever replaced, never changed: a program that cut it short while it is mapped would end its
// readers with SIGBUS, so the directory is the user's alone.
#pragma once

#include <set>
#include <string>

#include "fs/base/id.h"
#include "fs/index/index.h"

namespace snapfs {

class Codec;

/// One file for each repository. Not thread-safe; processes may share the file, because it is only
/// ever replaced.
class IndexCache {
 public:
  /// `directory` is the user's cache of this program; it is made when something is stored.
  IndexCache(const std::string& directory, const Id& repository);

  /// Whether an index is worth a file: below this, reading it anew takes no time.
  static bool is_worth_while(std::size_t blobs) noexcept { return blobs >= kLeastBlobs; }

  /// Fills the index, to which nothing was added yet, and returns the index files it then stands
  /// for; nothing at all when there is no cache, when it is not intact, or when one of its index
  /// files is not among `listed`. `codec` is the repository's.
  std::set<Id> load(const std::set<Id>& listed, Index& index, Codec& codec) const;

  /// Replaces the cache by `contents`, which stand for `files`. Throws Error{kIo}, and whatever
  /// there was stays.
  void store(const std::set<Id>& files, const Index::Contents& contents, Codec& codec) const;

 private:
  static constexpr std::size_t kLeastBlobs = 20'000;

  std::string directory_;
  std::string path_;
};

}  // namespace snapfs
