// Which small files are put into the kernel's page cache before a program opens them, and when.
// Only the decision, from what was read and what became of it: no clock, no thread, no kernel.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "mount/model/ino.h"
#include "mount/model/tree_cache.h"

namespace snapfs {

/// Whoever reads: a number of the process. 0: unknown.
using ReaderId = std::uint64_t;

struct PushLimits {
  std::uint64_t max_bytes = 16 << 20;       ///< of pages that are pushed and perhaps not read yet
  std::uint64_t max_file_bytes = 64 << 10;  ///< of a file that is pushed; larger ones are asked for
};

/// What became of pushing, since the mount began.
struct PushCounters {
  std::uint64_t files = 0;         ///< pushed
  std::uint64_t bytes = 0;         ///< of these
  std::uint64_t beacons = 0;       ///< reads that said where a reader is
  std::uint64_t unread_bytes = 0;  ///< pushed, and asked for nevertheless: the kernel let go of it
};

/// Reads of what was pushed are not seen, so one file of each window stays unpushed: its read, the
/// beacon, says where the reader is. Two windows are kept ahead of it, and none without beacons.
/// Files are named by their directory and their position in it. Deterministic. Not thread-safe.
class PushPacer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit PushPacer(const PushLimits& limits = {}) : limits_(limits) {}

  /// After the beginning of the file was asked for: what is to be pushed now, in this order, on top
  /// of what was told before. `listing` is the same at each call for a directory.
  std::vector<std::size_t> after_read(ReaderId reader, Ino directory, const TreeListing& listing,
                                      std::size_t index, Time now);

  /// After the kernel was told of all entries of the directory: the same, for a reader that was
  /// seen to read whole directories. Nothing for others, who may only be listing.
  std::vector<std::size_t> after_listing(ReaderId reader, Ino directory, const TreeListing& listing,
                                         Time now);

  /// Whether the file, which these told of, is still to be pushed: its reader may have come
  /// to it meanwhile.
  bool is_wanted(Ino directory, std::size_t index) const;

  /// The kernel has taken the file.
  void pushed(Ino directory, std::size_t index, std::uint64_t bytes);

  /// The file will not be pushed, for what is in it: its reader will ask for it.
  void skipped(Ino directory, std::size_t index);

  /// The kernel did not take a file: nothing of the directory is pushed any more, until it is read
  /// in order again.
  void refused(Ino directory);

  /// The same for all of them.
  void give_up();

  /// Of pages of files that were told of, and of which no beacon has said that they were passed.
  std::uint64_t ahead_bytes() const noexcept;

  const PushCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr std::size_t kTracks = 64;
  static constexpr std::size_t kReaders = 16;

  /// A run of files that ends with one that stays unpushed.
  struct Window {
    std::size_t beacon = 0;
    std::uint64_t bytes = 0;  ///< of pages of those that are pushed
  };

  /// A directory that is being read.
  struct Track {
    Ino directory = 0;
    ReaderId reader = 0;         ///< that read it last
    std::size_t last = 0;        ///< the file that was read last
    unsigned in_order = 0;       ///< files that were read one after the other
    std::size_t begin = 0;       ///< files from here to `end` were decided on
    std::size_t end = 0;         ///< likewise
    std::size_t handled = 0;     ///< of these, those before this one were pushed or skipped
    std::size_t overtaken = 0;   ///< and those before this one are not to be pushed any more
    std::deque<Window> windows;  ///< whose beacons were not seen
    std::uint64_t window_bytes = 0;
    unsigned lost = 0;        ///< files, since a window of which none was
    bool is_clean = true;     ///< none was since the last beacon
    bool is_awaited = false;  ///< it was listed, and its first file not read yet
    Time last_beacon;
    std::uint64_t last_use = 0;
  };

  struct Reader {
    ReaderId id = 0;
    bool reads_all = false;          ///< it was seen to read whole directories
    unsigned unproven = 0;           ///< directories that it began since its last beacon
    unsigned awaited = 0;            ///< those that it has listed and not come to
    unsigned strikes = 0;            ///< times that pushing was in vain
    std::uint64_t window_bytes = 0;  ///< what its last beacon led to
    std::uint64_t last_use = 0;
  };

  Track* find(Ino directory);
  const Track* find(Ino directory) const;
  Track& replace(ReaderId reader, Ino directory, std::size_t index);
  Reader& reader_of(ReaderId id);
  bool begin_directory(Track& track, const TreeListing& listing);
  void arrived(Track& track);
  void read_on(Track& track, const TreeListing& listing, std::size_t index, Time now);
  bool pass(Track& track, std::size_t index, Time now);
  void beacon_seen(Track& track, Time now);
  void lose(Track& track, std::uint64_t bytes);
  void restart(Track& track, std::size_t index);
  unsigned needed(const Track& track);
  std::vector<std::size_t> plan(Track& track, const TreeListing& listing);
  void plan_after(Track& track, std::size_t next, Time now);
  bool plan_window(Track& track, const TreeListing& listing, std::vector<std::size_t>& files);
  void make_room(const Track& current);
  static std::uint64_t bytes_ahead(const Track& track) noexcept;
  bool is_pushable(const TreeListing& listing, std::size_t index) const;

  const PushLimits limits_;
  std::array<Track, kTracks> tracks_;
  std::array<Reader, kReaders> readers_;
  PushCounters counters_;
  std::uint64_t clock_ = 0;  ///< orders uses, no more
};

}  // namespace snapfs
