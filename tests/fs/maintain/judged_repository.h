// A small repository of which everything is known: whether what is read of it is right, or a
// failure that says what it is about.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {

/// Two snapshots, a lock, packs of data with `pack_bytes` bytes in each, and a key that opens in no
/// time.
class JudgedRepository {
 public:
  JudgedRepository(std::size_t packs, std::size_t pack_bytes);

  MemoryBackend& backend() noexcept { return backend_; }
  RepositoryMaker& maker() noexcept { return maker_; }

  /// The content of every file, by "<ID of the snapshot>/<path>"; what judge() compares with.
  std::map<std::string, std::string>& contents() noexcept { return contents_; }

  /// Opens the repository and reads everything in it. Returns what is wrong with the answers, empty
  /// when there is nothing: bytes or names that nobody stored, something missing of which no error
  /// tells, an error of a kind that does not fit, or one that does not say what it is about. Where
  /// `may_lack` is true something may be missing without an error: no file says how many snapshots
  /// and locks there are.
  std::string judge(bool may_lack);

 private:
  class Reading;

  Id store_tree(std::size_t packs, std::size_t pack_bytes, std::uint64_t seed);
  void replace_key();

  MemoryBackend backend_;
  RepositoryMaker maker_{backend_};
  std::map<std::string, std::string> contents_;
  std::map<std::string, std::string> tree_contents_;  ///< of the tree that was stored last
  std::string lock_;
};

}  // namespace snapfs::test
