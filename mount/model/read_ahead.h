// What will probably be read next, guessed from what was read: the blobs that follow in a file, and
// the files that follow in a directory. Guesses only; fetching is Prefetcher's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/prefetcher.h"
#include "mount/model/file_layout.h"
#include "mount/model/ino.h"
#include "mount/model/tree_cache.h"

namespace snapfs {

/// Blobs to fetch, in the order in which they will be needed. `cancel` is requested once it turns
/// out that they will not be.
struct ReadAheadAdvice {
  std::vector<Id> blobs;
  StopToken cancel;
};

/// The blobs that follow in one file. Each of two readers at a time has a window of blobs, doubled
/// while it reads on, halved when a read is elsewhere. Thread-safe.
class FileReadAhead {
 public:
  /// `max_bytes`: of plaintext that may be fetched ahead of one reader.
  explicit FileReadAhead(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  /// After a read of the bytes from `begin` to `end`, at least one.
  ReadAheadAdvice after_read(const FileLayout& file, std::uint64_t begin, std::uint64_t end);

 private:
  static constexpr std::size_t kMaxWindow = 16;

  struct Reader {
    std::uint64_t last_end = 0;
    std::size_t window = 1;  ///< blobs
    std::size_t ahead = 0;   ///< segments before this one were advised
    std::uint64_t last_use = 0;
    PrefetchTicket ticket;  ///< for what was advised
  };

  Reader* find(std::uint64_t begin);
  void replace(std::uint64_t end);
  ReadAheadAdvice advance(const FileLayout& file, Reader& reader, std::size_t next);

  const std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::array<Reader, 2> readers_;
  std::uint64_t clock_ = 0;
};

/// The files that follow in a directory, which is how `cp -a`, `tar` and `rsync` read. Two files in
/// the order of their names are a pattern; once there is one, it is expected of the next directory,
/// too. Where the directory ends before the window does, the directories that a walk comes to next
/// have the rest. Listing a directory alone never leads to anything. Thread-safe.
class DirectoryReadAhead {
 public:
  /// The directories that a walk comes to after this one, as far as they are in memory; may be
  /// empty. Called under a lock.
  using Following = std::function<std::vector<std::shared_ptr<const TreeListing>>()>;

  /// `max_bytes`: of plaintext that may be fetched in one go.
  explicit DirectoryReadAhead(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  /// After the beginning of the file at `index` was read.
  ReadAheadAdvice after_file(Ino directory, const TreeListing& listing, std::size_t index,
                             const Following& following = {});

  /// After a directory was opened.
  ReadAheadAdvice after_listing(Ino directory, const TreeListing& listing,
                                const Following& following = {});

 private:
  static constexpr std::size_t kReaders = 8;

  /// One directory that is being read.
  struct Reader {
    Ino directory = 0;
    std::size_t last = 0;     ///< the file that was read last
    std::size_t ahead = 0;    ///< files before this one were advised
    std::size_t trigger = 0;  ///< reading this one, or a later one, gives more advice
    bool is_done = false;     ///< all of it was advised, and what follows it
    std::uint64_t window_bytes = 0;
    std::uint64_t last_use = 0;
    PrefetchTicket ticket;  ///< for what was advised
  };

  Reader* find(Ino directory);
  Reader& replace(Ino directory);
  ReadAheadAdvice advance(const TreeListing& listing, Reader& reader, std::size_t next,
                          const Following& following);

  const std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::array<Reader, kReaders> readers_;
  std::uint64_t clock_ = 0;
  bool in_order_ = false;  ///< the pattern was seen
  unsigned listings_since_file_ = 0;
};

}  // namespace snapfs
