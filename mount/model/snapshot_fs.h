// The repository as a file system: directories of snapshots, and what is inside them, by inode.
// Knows nothing of FUSE, so that it is tested without a kernel.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/base/timestamp.h"
#include "mount/model/attributes.h"
#include "mount/model/blob_cache.h"
#include "mount/model/directory.h"
#include "mount/model/file_layout.h"
#include "mount/model/inode_table.h"
#include "mount/model/prefetcher.h"
#include "mount/model/shared_cache.h"
#include "mount/model/snapshot_source.h"
#include "mount/model/tree_cache.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

class Repository;

struct SnapshotFsOptions {
  std::vector<std::string> path_templates;  ///< empty: default_path_templates()
  bool owner_root = false;
  std::size_t blob_cache_bytes = 256 << 20;
  std::size_t tree_cache_bytes = 128 << 20;
  std::size_t file_cache_bytes = 16 << 20;
  std::chrono::milliseconds refresh_interval{2000};  ///< list snapshots at most this often
  std::chrono::milliseconds failure_memory{3000};    ///< see BlobCache
  WarnFunction warn;                                 ///< may be empty
};

/// A run of a file's bytes in the buffers they are cached in.
struct FileSlice {
  struct Piece {
    std::shared_ptr<const Bytes> owner;
    ByteView bytes;
  };
  std::vector<Piece> pieces;

  std::size_t size() const noexcept;
};

/// What is kept of a file that is being read, by inode: there is no open and no close.
struct ReadState {
  explicit ReadState(FileLayout file_layout) : layout(std::move(file_layout)) {}

  FileLayout layout;
  mutable std::atomic<std::uint64_t> position{0};  ///< where the last read ended
};

std::size_t memory_bytes(const ReadState& state) noexcept;

struct FsTotals {
  std::uint64_t bytes = 0;  ///< of all snapshots, as far as they say
  std::uint64_t files = 0;
};

/// Thread-safe. Any operation may throw Error: StaleInode for an inode that was never given out,
/// kDamaged, kNotFound (a blob), kIo, or kCancelled once the token given to the constructor was
/// stopped.
class SnapshotFs {
 public:
  /// Reads the index and the snapshots. `repository` must outlive this.
  SnapshotFs(Repository& repository, SnapshotFsOptions options, StopToken stop);

  /// "." and ".." are understood. Nothing when there is no such name.
  std::optional<Entry> lookup(Ino parent, std::string_view name);

  Entry entry(Ino ino);

  /// Whether the names in this directory will never change: it lies in a snapshot.
  bool is_stable_directory(Ino ino) const { return !is_plain_virtual_directory(ino); }

  std::shared_ptr<const OpenDirectory> open_directory(Ino ino);

  /// Raw bytes. Error{kUsage} when it is no symbolic link.
  std::string read_link(Ino ino);

  /// Nothing when there is no such attribute.
  std::optional<Bytes> extended_attribute(Ino ino, std::string_view name);

  /// The names, each followed by a zero byte.
  std::string extended_attribute_names(Ino ino);

  /// `size` bytes at `offset`, fewer only at the end of the file: a run that touches damage is an
  /// error as a whole. Error{kUsage} when it is no file.
  FileSlice read(Ino ino, std::uint64_t offset, std::size_t size);

  FsTotals totals() const;

  /// Whether a data blob is in memory.
  bool is_cached(const Id& blob) { return blobs_.contains(blob); }

 private:
  class VirtualListing;
  class TreeDirectoryListing;

  /// A node together with what keeps it alive.
  struct NodeRef {
    std::shared_ptr<const TreeListing> listing;
    const Node* node = nullptr;
    const TreeDirectory* directory = nullptr;  ///< that holds it
  };
  /// A directory inside a snapshot, decoded.
  struct DirectoryRef {
    const TreeDirectory* directory = nullptr;
    std::shared_ptr<const TreeListing> listing;
  };

  void refresh_if_due();
  void refresh();
  void set_next_refresh() noexcept;

  bool is_plain_virtual_directory(Ino ino) const;
  const VirtualNode& virtual_node(Ino ino) const;
  const ViewDirectory* virtual_directory(const View& view, Ino ino) const;
  Entry virtual_entry(const VirtualNode& node) const;
  Ino parent_of(Ino directory);

  NodeRef node(Ino ino);
  DirectoryRef directory(Ino ino);
  Entry tree_entry(const TreeDirectory& directory, std::size_t index, const Node& node) const;
  std::shared_ptr<const ReadState> read_state(Ino ino);
  void prefetch_after(const ReadState& state, std::uint64_t begin, std::uint64_t end);
  FileSlice::Piece load_piece(const FileLayout& layout, std::size_t segment, std::uint64_t offset,
                              std::uint64_t length);
  void warn(std::string_view message) const;

  Repository& repository_;
  const SnapshotFsOptions options_;
  const StopToken stop_;
  const Timestamp start_;
  const std::uint32_t uid_;
  const std::uint32_t gid_;

  std::mutex refresh_mutex_;
  SnapshotSource source_;  ///< under refresh_mutex_
  std::atomic<std::chrono::steady_clock::rep> next_refresh_{0};

  VirtualTree virtual_tree_;
  InodeTable inodes_;
  TreeCache trees_;
  BlobCache blobs_;
  SharedCache<Ino, ReadState> files_;
  Prefetcher prefetcher_;
};

}  // namespace snapfs
