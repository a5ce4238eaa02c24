// Where a file's chunks end (FORMAT §8). The chunker sees bytes and answers lengths; it holds no
// buffer and no state, so whoever reads the file decides how much of it is in memory.
#pragma once

#include <cstddef>
#include <optional>

#include "archiver/chunk/chunker_tables.h"
#include "archiver/chunk/cut_finder.h"
#include "fs/base/bytes.h"

namespace snapfs {

/// No chunk but a file's last is shorter.
inline constexpr std::size_t kMinChunkSize = 512 << 10;

/// No chunk is longer.
inline constexpr std::size_t kMaxChunkSize = 8 << 20;

/// Borrows the tables, which outlive it. Thread-safe.
///
/// To cut a stream: append what is read to a buffer and ask. nullopt means read more, and pass the
/// buffer's old size as `searched` next time. A length means that this many bytes are a chunk: the
/// rest of the buffer begins the next one, with `searched` 0. The buffer never needs to hold more
/// than kMaxChunkSize and one read.
class Chunker {
 public:
  explicit Chunker(const ChunkerTables& tables, CutFinder find = best_cut_finder())
      : tables_(&tables), find_(find) {}

  /// The length of the chunk that begins at bytes[0], or nullopt if more bytes must be seen to
  /// tell. `at_end` says that nothing follows `bytes` in the file; then nullopt means only that
  /// `bytes` is empty. `searched` is the size of an earlier view of the same chunk for which
  /// the answer was nullopt: that part is not searched again.
  std::optional<std::size_t> find_cut(ByteView bytes, bool at_end, std::size_t searched = 0) const;

 private:
  const ChunkerTables* tables_;
  CutFinder find_;
};

}  // namespace snapfs
