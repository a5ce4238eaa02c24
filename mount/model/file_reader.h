// The content of files: which blobs a read touches, and these from the cache or the repository,
// with those that will be wanted next on their way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/prefetcher.h"
#include "mount/model/blob_cache.h"
#include "mount/model/damage.h"
#include "mount/model/file_layout.h"
#include "mount/model/file_pusher.h"
#include "mount/model/file_slice.h"
#include "mount/model/ino.h"
#include "mount/model/read_ahead.h"
#include "mount/model/shared_cache.h"
#include "mount/model/tree_fs.h"

namespace snapfs {

struct ReaderOptions {
  std::size_t blob_cache_bytes = 64 << 20;
  std::size_t file_cache_bytes = 8 << 20;
  std::chrono::milliseconds failure_memory{3000};  ///< see BlobCache
  bool prefetch = true;                            ///< fetch what will probably be read next
  bool push = true;  ///< put it into the kernel's page cache, where there is one
};

/// How far a call of FileReader::warm got.
struct Warmed {
  std::uint64_t end = 0;     ///< where to go on; where it began: at the end of the file
  std::uint64_t loaded = 0;  ///< bytes
};

/// What is kept of a file that is being read, by inode: there is no open and no close.
struct ReadState {
  ReadState(FileLayout file_layout, std::uint64_t read_ahead_bytes)
      : layout(std::move(file_layout)), read_ahead(read_ahead_bytes) {}

  FileLayout layout;
  mutable FileReadAhead read_ahead;
};

std::size_t memory_bytes(const ReadState& state) noexcept;

/// Thread-safe.
class FileReader {
 public:
  /// All must outlive this.
  FileReader(Fetcher& fetcher, const ContentIndex& content, TreeFs& trees,
             const ReaderOptions& options, StopToken stop);

  /// `size` bytes at `offset`, fewer only at the end of the file: a run that touches damage is an
  /// error as a whole. Error{kUsage} when it is no file; else what BlobCache::get throws. `reader`
  /// is who asks.
  FileSlice read(Ino ino, std::uint64_t offset, std::size_t size, ReaderId reader = 0);

  /// Loads the blobs that the run touches, for somebody who will read it later: neither a reader of
  /// this file to be helped, nor a reason to let go of them. Throws what read() throws.
  Warmed warm(Ino ino, std::uint64_t offset, std::size_t size);

  /// Says that warm() will be called for the files, in this order, and up to `most` bytes.
  void announce(std::span<const Ino> files, std::uint64_t most);

  /// As lseek(2) with SEEK_DATA and SEEK_HOLE: nothing where that says ENXIO. Error{kUsage} when it
  /// is no file.
  std::optional<std::uint64_t> next_data(Ino ino, std::uint64_t offset);
  std::optional<std::uint64_t> next_hole(Ino ino, std::uint64_t offset);

  /// What of the file is known to be unreadable, for its blobs being missing or damaged: of the
  /// latter those that somebody tried to read. Ascending; empty for what is no file.
  std::vector<FileRange> damage(Ino ino);

  /// Says that a program is about to list the directory, which lies in a snapshot.
  void directory_opened(Ino directory) noexcept;

  /// Says that a program was told of all entries of the directory, and will be told that there are
  /// no more.
  void directory_listed(Ino directory, ReaderId reader) noexcept;

  /// Whether a data blob is in memory.
  bool is_cached(const Id& blob) const { return blobs_.contains(blob); }

  const BlobCache& blobs() const noexcept { return blobs_; }
  const SharedCache<Ino, ReadState>& files() const noexcept { return files_; }

  FilePusher& pusher() noexcept { return pusher_; }
  const FilePusher& pusher() const noexcept { return pusher_; }

 private:
  std::shared_ptr<const ReadState> state_of(Ino ino);
  void read_ahead(Ino ino, const ReadState& state, std::uint64_t begin, std::uint64_t end,
                  ReaderId reader) noexcept;
  DirectoryReadAhead::Following following(Ino directory);
  FileSlice whole(const NodeView& file);
  FileSlice collect(const FileLayout& file, std::uint64_t offset, std::uint64_t size);
  void want(ReadAheadAdvice advice);
  static void append_blobs(const FileLayout& file, std::uint64_t begin, std::uint64_t end,
                           std::vector<Id>& blobs);
  FileSlice::Piece load_piece(const FileLayout& layout, std::size_t segment, std::uint64_t offset,
                              std::uint64_t length);

  const ContentIndex content_;
  TreeFs& trees_;
  const StopToken stop_;
  BlobCache blobs_;
  SharedCache<Ino, ReadState> files_;
  const std::uint64_t read_ahead_bytes_;
  const bool prefetch_;
  DirectoryReadAhead directories_;
  const bool is_near_;   ///< nothing is gained by telling the storage before
  Prefetcher reads_;     ///< what readers wait for
  Prefetcher ahead_;     ///< what they will probably want
  Prefetcher warmings_;  ///< what somebody said that he will want
  const bool push_;
  FilePusher pusher_;  ///< the last member: ends before the others
};

}  // namespace snapfs
