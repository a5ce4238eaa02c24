// The repository as a file system: directories of snapshots, and what is inside them, by inode.
// Knows nothing of FUSE, so that it is tested without a kernel. Says which part answers, no more.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "mount/model/changed_trees.h"
#include "mount/model/directory.h"
#include "mount/model/file_reader.h"
#include "mount/model/listing_ahead.h"
#include "mount/model/mount_status.h"
#include "mount/model/tree_cache.h"
#include "mount/model/tree_fs.h"
#include "mount/model/virtual_fs.h"
#include "mount/model/virtual_tree.h"
#include "mount/model/warmer.h"

namespace snapfs {

class Repository;

struct SnapshotFsOptions {
  ViewOptions view;
  ReaderOptions reader;
  std::size_t tree_cache_bytes = 64 << 20;
  /// Says how many requests are being answered; may be empty.
  std::function<std::uint64_t()> requests_in_flight;
};

/// Thread-safe. Any operation may throw Error: StaleInode for an inode that was never given out or
/// is dropped, kDamaged, kNotFound (a blob), kIo, or kCancelled once the token given to the
/// constructor was stopped.
class SnapshotFs {
 public:
  /// Reads the index and the snapshots. `repository` must outlive this.
  SnapshotFs(Repository& repository, const SnapshotFsOptions& options, const StopToken& stop);

  /// "." and ".." are understood. Nothing when there is no such name.
  std::optional<Entry> lookup(Ino parent, std::string_view name);

  Entry entry(Ino ino);

  /// Whether the names in this directory will never change: it lies in a snapshot.
  bool is_stable_directory(Ino ino) const { return !is_plain_virtual_directory(ino); }

  /// With `guess`, what a program will want next is fetched ahead.
  std::shared_ptr<const OpenDirectory> open_directory(Ino ino, bool guess = true);

  /// See FileReader.
  void directory_listed(Ino ino, ReaderId reader) noexcept { files_.directory_listed(ino, reader); }

  /// Raw bytes. Error{kUsage} when it is no symbolic link.
  std::string read_link(Ino ino);

  /// Nothing when there is no such attribute. Besides the stored ones there is kDamagedAttribute.
  std::optional<Bytes> extended_attribute(Ino ino, std::string_view name);

  /// The names, each followed by a zero byte.
  std::string extended_attribute_names(Ino ino);

  /// See FileReader::read.
  FileSlice read(Ino ino, std::uint64_t offset, std::size_t size, ReaderId reader = 0);

  /// What puts files into the kernel's page cache before they are read.
  FilePusher& pusher() noexcept { return files_.pusher(); }

  /// See FileReader::warm.
  Warmed warm(Ino ino, std::uint64_t offset, std::size_t size) {
    return files_.warm(ino, offset, size);
  }

  /// Has what lies in snapshots loaded for somebody who will go through it in this order: what is
  /// in directories, and up to `most` bytes of files.
  void announce(std::span<const Ino> inodes, std::uint64_t most);

  /// Whether it is the one file that takes paths to be loaded ahead.
  bool is_writable(Ino ino) const { return is_virtual(ino) && virtual_.is_writable(ino); }

  /// Loads what is below each of the paths, one a line, in the background (Warmer).
  void prefetch(std::string_view paths);

  /// Whether all that prefetch() was asked for is done.
  bool is_prefetched() const { return warmer_.idle(); }

  /// See FileReader.
  std::optional<std::uint64_t> next_data(Ino ino, std::uint64_t offset);
  std::optional<std::uint64_t> next_hole(Ino ino, std::uint64_t offset);

  /// Says that the kernel is about to be told of an entry, by its name in a directory; false when
  /// it is not there any more and the name must be looked up again.
  bool remember(const Entry& entry, Ino directory, std::string_view name) {
    if (is_virtual(entry.ino)) return virtual_.remember(entry.ino, directory, name);
    trees_.remember(entry);
    return true;
  }

  /// Says that the kernel has forgotten the inode so many times.
  void forget(Ino ino, std::uint64_t lookups) {
    is_virtual(ino) ? virtual_.forget(ino, lookups) : trees_.forget(ino, lookups);
  }

  /// See VirtualTree.
  bool is_told(const VirtualTree::GoneName& name) const { return virtual_.is_told(name); }

  /// Names that the kernel need not remember any more.
  GoneNames& gone_names() noexcept { return virtual_.gone_names(); }

  /// What an inode is, for messages: "snapshot 4f2a91c0:/home/me/file". Empty for what is above the
  /// snapshots. Never waits for storage: names that are not in memory are left out.
  std::string place_text(Ino ino) const noexcept;

  MountStatus status() const;

  /// Whether a data blob is in memory.
  bool is_cached(const Id& blob) const { return files_.is_cached(blob); }

  const BlobCache& blobs() const noexcept { return files_.blobs(); }
  const TreeCache& trees() const noexcept { return tree_cache_; }

 private:
  bool is_plain_virtual_directory(Ino ino) const {
    return is_virtual(ino) && virtual_.is_directory(ino);
  }
  Ino parent_of(Ino directory);

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const std::function<std::uint64_t()> requests_in_flight_;
  Fetcher fetcher_;
  ZeroBlobs zeros_;
  TreeCache tree_cache_;
  ChangedTrees changed_;
  VirtualTree nodes_;  ///< says where trees begin
  TreeFs trees_;
  VirtualFs virtual_;  ///< finds versions in trees_
  FileReader files_;
  ListingAhead listings_;
  Warmer warmer_;  ///< uses all of the above
};

}  // namespace snapfs
