// What the kernel is told: attributes, timeouts, directory entries. Included by this folder's
// sources only.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "mount/fuse/libfuse.h"
#include "mount/fuse/operations.h"
#include "mount/model/directory.h"
#include "mount/model/snapshot_fs.h"

namespace snapfs {

/// How long the kernel may keep what never changes, in seconds.
inline constexpr double kForever = 1e9;
inline double timeout_of(const Entry& entry, const FuseContext& context) noexcept {
  if (entry.passing) return 0;
  return entry.stable ? kForever : context.brief_timeout;
}

struct stat to_stat(const Entry& entry) noexcept;

fuse_entry_param to_entry_param(const Entry& entry, const FuseContext& context) noexcept;

/// A reply to READDIR being filled; not initialised, since only what is filled is sent. The memory
/// is the thread's own and is used again: a thread has one such buffer at a time.
class DirectoryBuffer {
 public:
  explicit DirectoryBuffer(std::size_t size);

  char* end() noexcept { return data_ + used_; }
  std::size_t left() const noexcept { return size_ - used_; }
  const char* data() const noexcept { return data_; }
  std::size_t used() const noexcept { return used_; }

  /// False when an entry that needs so many bytes did not fit.
  bool advance(std::size_t needed) noexcept {
    if (needed > left()) return false;
    used_ += needed;
    return true;
  }

 private:
  char* data_;
  std::size_t size_;
  std::size_t used_ = 0;
};

/// Where a listing begins, or goes on.
struct ListingPlace {
  std::shared_ptr<const OpenDirectory> directory;
  std::uint64_t position = 0;  ///< 0 is ".", 1 is "..", then come the directory's entries
  std::uint64_t listing = 0;   ///< what the offsets of all entries have in common: high bits
};

/// As many entries from there on as fit `size` bytes. An entry's offset is the position after it.
DirectoryBuffer directory_entries(const ListingPlace& place, std::size_t size);

/// Entries that the kernel is about to be told of, which it counts once it is.
class ToldEntries {
 public:
  /// Both must outlive it.
  ToldEntries(SnapshotFs& fs, Ino directory) : fs_(fs), directory_(directory) {}
  /// Without delivered() the kernel was not told.
  ~ToldEntries() {
    for (const Ino ino : told_) fs_.forget(ino, 1);
  }
  ToldEntries(const ToldEntries&) = delete;
  ToldEntries& operator=(const ToldEntries&) = delete;

  /// False when it is not there any more: its name alone may be told.
  bool add(const Entry& entry, std::string_view name) {
    told_.push_back(0);  // no inode, until it is counted
    if (!fs_.remember(entry, directory_, name)) return false;
    told_.back() = entry.ino;
    return true;
  }

  void delivered() noexcept { told_.clear(); }

 private:
  SnapshotFs& fs_;
  const Ino directory_;
  std::vector<Ino> told_;
};

/// As directory_entries(), with attributes, and so with inodes that the kernel will know.
DirectoryBuffer directory_entries_plus(const ListingPlace& place, std::size_t size,
                                       const FuseContext& context, ToldEntries& told);

/// The answer to a read, sent from where the bytes are cached. Making it may need memory, sending
/// it does not: the first belongs inside the errno guard, the second outside.
class SliceReply {
 public:
  explicit SliceReply(FileSlice slice);
  SliceReply(SliceReply&&) = default;
  SliceReply& operator=(SliceReply&&) = default;

  void send(fuse_req_t req) const noexcept;

 private:
  FileSlice slice_;  ///< keeps the bytes alive
  Bytes joined_;     ///< them in one piece, when there are more pieces than writev takes
  std::vector<iovec> pieces_;
};

}  // namespace snapfs
