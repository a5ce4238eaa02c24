// Everything that reads stored blobs or files in number, one function each, over a repository made
// for them: for the tests and the benchmark that show what storage far away is asked.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/id.h"
#include "fs/repo/repository.h"

namespace snapfs::test {

/// How large the repository is.
struct FarSizes {
  std::size_t snapshots = 64;
  int levels = 1;                  ///< of directories below the root
  std::size_t fan_out = 64;        ///< directories in a directory
  std::size_t files = 64;          ///< small ones, in one directory
  std::size_t blobs_per_pack = 1;  ///< about
};

/// What the functions below read.
struct FarRepository {
  std::size_t directories = 0;
  Id before;                   ///< the root of a tree of directories
  Id after;                    ///< the same, with something different in each of them
  std::vector<Id> roots;       ///< trees that have "home" in common, one a snapshot
  Id files;                    ///< a directory of small files
  Id large;                    ///< a directory of one file, "large", of four blobs
  std::string home_snapshot;   ///< the short name of the first of `roots`
  std::string files_snapshot;  ///< and of the last two
  std::string large_snapshot;
};

/// Writes one into the storage.
FarRepository make_far_repository(Backend& storage, const FarSizes& sizes);

/// One of those who read. It throws when it does not find all there is.
struct FarReader {
  std::string name;
  FileKind kind = FileKind::kPack;  ///< of what it reads in number
  /// How many of them it reads one after the other, with the default sizes, before it knows what
  /// else there is; and how many at once from then on, when 32 may be.
  std::size_t alone = 0;
  std::size_t at_once = 32;
  std::size_t requests = 0;  ///< in all, with the default sizes
  std::function<void(Repository& repository, const FarRepository& stored)> run;
  bool needs_index = true;
};

/// With its index, or without.
std::unique_ptr<Repository> open_far_repository(Backend& storage, bool with_index);

/// All of them. `directory` is one to restore into, which need not exist.
std::vector<FarReader> far_readers(const std::string& directory);

}  // namespace snapfs::test
