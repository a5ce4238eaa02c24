// Many files, each with a small request: snapshots, index files, locks, headers of packs, removals.
// As many are under way as the storage likes and memory allows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "fs/backend/file_key.h"
#include "fs/base/parallel.h"
#include "fs/repo/stored_files.h"

namespace snapfs {

/// How many files of a kind are read at once. An index file can have several megabytes.
inline std::size_t files_at_once(const StoredFiles& files, FileKind kind) {
  constexpr std::size_t kIndexFiles = 8;
  const std::size_t requests = std::max(1U, files.traits().requests);
  return kind == FileKind::kIndex ? std::min(requests, std::max(core_count(), kIndexFiles))
                                  : requests;
}

/// Calls `work` once for every item, each of which stands for a file of that kind, from several
/// threads and in no particular order. The first exception stops the handing out and is rethrown
/// when all threads have ended.
template <class Item, class Work>
void for_each_file(const StoredFiles& files, FileKind kind, const std::vector<Item>& items,
                   const Work& work) {
  parallel_for_each(items, work, files_at_once(files, kind));
}

}  // namespace snapfs
