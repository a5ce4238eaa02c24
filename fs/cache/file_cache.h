// What this machine keeps of one repository that is far away: index files and snapshots, packs of
// trees that were saved here, and the parts of such packs that were loaded; parts of packs of data,
// too, if they are wanted. Never the config, keys or locks.
//
// Nothing of it is ever an error: what is not there, or not right, is asked of the storage.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/cache/cache_room.h"
#include "fs/cache/cached_file.h"
#include "fs/cache/pack_shelf.h"

namespace snapfs {

struct FileCacheOptions {
  std::string directory;  ///< of the cache, for all repositories; need not exist
  CacheBounds bounds = {};
  std::uint64_t content_bytes = 0;  ///< of data that may be kept besides; 0: none is
  bool add_saved = true;  ///< or pass over what is saved: it only seems to be, in a dry run
  /// Hears once, in one line, why the cache is not used or not added to; may be empty.
  std::function<void(std::string_view message)> warn = {};
};

/// Thread-safe; any number of processes can share the directory.
class FileCache {
 public:
  FileCache(FileCacheOptions options, const Id& repository);

  /// Whether it keeps whole files of the kind.
  static bool keeps(FileKind kind) noexcept {
    return kind == FileKind::kIndex || kind == FileKind::kSnapshot;
  }

  /// Whether load() will find it, unless it is damaged.
  bool has(const FileKey& key) const noexcept;

  /// An index file or snapshot, whose bytes are what its name says.
  std::optional<Bytes> load(const FileKey& key) noexcept;

  /// Whether it keeps parts of packs that have such blobs.
  bool keeps_parts(Content content) const noexcept {
    return content == Content::kTree || (content == Content::kData && options_.content_bytes > 0);
  }

  /// As many bytes as the range of a pack has, of which those in `wanted`, which are parts of it,
  /// are what was loaded or saved before, and the others anything. They were not looked at: when
  /// they do not open, drop_part() has the next ones come from the storage. Of all three: a content
  /// of which parts are kept.
  std::optional<Bytes> load_part(Content content, const Id& pack, const ByteRange& range,
                                 std::span<const ByteRange> wanted) noexcept;
  void add_part(Content content, const Id& pack, const ByteRange& range, ByteView bytes) noexcept;
  void drop_part(Content content, const Id& pack, const ByteRange& range) noexcept;

  /// An index file or snapshot that was loaded, and whose bytes are what its name says.
  void add(const FileKey& key, ByteView bytes) noexcept;

  /// Such a file, or a pack of trees, that was saved.
  void add_saved(const FileKey& key, ByteView bytes) noexcept;

  void drop(const FileKey& key) noexcept;

  /// The files of that kind that the repository has now: all others are gone.
  void keep_only(FileKind kind, const std::vector<FileInfo>& listed) noexcept;

  /// The index was just loaded, and `packs` returns those that it names: what is kept of others
  /// goes, if nobody used it for a day. Whoever wants it later, by an index that was read before a
  /// prune, is told by the storage that it is gone; and packs that somebody is still to list in the
  /// index are not that old. Looks once a day, and calls `packs` only then.
  void drop_unindexed(const std::function<std::vector<Id>()>& packs) noexcept;

 private:
  const CachedFiles* files_of(FileKind kind) const noexcept;
  PackShelf& shelf_of(Content content) noexcept {
    return content == Content::kData ? contents_ : trees_;
  }
  template <class Work>
  void add_bytes(CacheRoom& room, ByteView bytes, const Work& store) noexcept;
  void begin() const;
  void give_up(std::string_view why) noexcept;

  const FileCacheOptions options_;
  const std::string directory_;  ///< of the repository
  CacheRoom room_;
  CacheRoom content_room_;
  const CachedFiles indexes_;
  const CachedFiles snapshots_;
  PackShelf trees_;
  PackShelf contents_;
  std::atomic<bool> reads_ = true;
  std::atomic<bool> adds_ = true;
};

}  // namespace snapfs
