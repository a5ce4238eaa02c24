// A repository's files as they are stored, sealed: the one way from everything above to the
// storage, so that nothing can reach around what stands before it. What is in the files is
// Repository's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/base/synchronized.h"
#include "fs/cache/file_cache.h"
#include "fs/repo/early_files.h"

namespace snapfs {

/// Thread-safe. All operations throw what Backend's throw.
class StoredFiles {
 public:
  /// `backend` must outlive this.
  explicit StoredFiles(Backend& backend) noexcept : backend_(backend) {}

  /// From now on what the cache keeps is not asked of the storage. To be called before anything is
  /// loaded. Listings, sizes and removals always are the storage's.
  void use_cache(std::unique_ptr<FileCache> cache) noexcept { cache_ = std::move(cache); }

  /// Reads what will be asked for, while there is time: lists the kinds in this order, and loads
  /// what they have meanwhile, but for packs and what a cache has, as far as it has room in memory.
  /// The next list() and load_verified() of each find it here, once. What fails is left to those
  /// who ask for it.
  void read_early(const std::vector<FileKind>& kinds, const StopToken& stop);

  /// Lists are asked for anew; files that were read early are as good as ever.
  void forget_early_lists() { early_.forget_lists(); }

  /// What was read early of the kind and not asked for will not be.
  void forget_early(FileKind kind) { early_.forget(kind); }

  /// From now on nothing is removed but locks, and the config is not replaced: both throw
  /// append_only_error().
  void keep_everything() noexcept { keeps_everything_ = true; }
  bool keeps_everything() const noexcept { return keeps_everything_; }

  /// From now on `guard` is called before anything is removed but locks, and before and after a
  /// snapshot or an index file is stored; it throws when that must not be. Empty: nothing is asked.
  /// To be set while nobody changes anything.
  void guard_changes(std::function<void()> guard) noexcept { change_guard_ = std::move(guard); }

  /// Asks it: throws when nothing may be changed now but locks.
  void require_change_allowed() const {
    if (change_guard_) change_guard_();
  }

  /// In no particular order.
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop);

  /// The names alone, in ascending order.
  std::vector<Id> list_ids(FileKind kind, const StopToken& stop);

  /// What `open` makes of the bytes of the whole file, or exactly of the range. When the load or
  /// `open` fails in a way that concerns just these bytes (they are short, gone, damaged, or on a
  /// bad sector), both are done once more, at once: such a fault may pass, and what is wrong twice
  /// is wrong. Bytes from the cache that do not open are no fault of the storage: they are dropped.
  template <class Open>
  auto read(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
            const StopToken& stop, const Open& open) {
    if (std::optional<Bytes> kept = load_kept(key, range, {}, purpose, stop)) {
      try {
        return open(*std::move(kept));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kDamaged) throw;
      }
      cache_->drop_part(purpose.content, key.id, *range);
    }
    try {
      return open(load_stored(key, range, purpose, stop));
    } catch (const Error& error) {
      if (!error.concerns_one_copy()) throw;
    }
    return open(load_stored(key, range, purpose, stop));
  }

  /// The bytes themselves.
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop);

  /// What a cache has of a pack: as many bytes as the range has, of which those in `wanted`, which
  /// are parts of it, are what is stored, and the others may be anything. They are as they were
  /// when they came: whoever cannot open one reads that one again by read().
  std::optional<Bytes> kept_run(const Id& pack, const ByteRange& range,
                                std::span<const ByteRange> wanted, LoadPurpose purpose,
                                const StopToken& stop) {
    return load_kept({FileKind::kPack, pack}, range, wanted, purpose, stop);
  }

  /// The whole file, with its name checked against its bytes: Error{kDamaged} when they differ.
  Bytes load_verified(const FileKey& key, const StopToken& stop);

  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop);

  /// Completes a listing: each of the `expected` files that it does not show is asked for by its
  /// name, since nothing may count as lost because of a listing alone.
  void add_unlisted(FileKind kind, std::vector<FileInfo>& listed, const std::vector<Id>& expected,
                    const StopToken& stop);

  /// `content` says what is in a pack.
  void save(const FileKey& key, ByteView bytes, const StopToken& stop,
            Content content = Content::kWholeFile);
  void remove(const FileKey& key, const StopToken& stop);

  /// The index was just loaded, and `packs` returns those that it names: see
  /// FileCache::drop_unindexed.
  void drop_unindexed(const std::function<std::vector<Id>()>& packs) noexcept {
    if (cache_) cache_->drop_unindexed(packs);
  }

  /// Whether parts of packs of trees that were loaded are kept on this machine.
  bool keeps_trees() const noexcept { return cache_ && cache_->keeps_parts(Content::kTree); }

  /// Whether storage is so near that there is nothing to gain from asking early, or for more than
  /// is wanted: it answers as many requests at once as there are processors to make them.
  bool is_near() const noexcept;

  StorageTraits traits() const noexcept { return backend_.traits(); }
  std::string location() const { return backend_.location(); }

 private:
  void require_still_allowed(const FileKey& snapshot, const StopToken& stop);
  std::optional<Bytes> load_kept(const FileKey& key, const std::optional<ByteRange>& range,
                                 std::span<const ByteRange> wanted, LoadPurpose purpose,
                                 const StopToken& stop);
  Bytes load_stored(const FileKey& key, const std::optional<ByteRange>& range, LoadPurpose purpose,
                    const StopToken& stop);
  void load_early(FileKind kind, const std::vector<FileInfo>& listed, const StopToken& stop);
  std::uint64_t index_file_bytes(const FileKey& key, const StopToken& stop);
  bool is_kept(const FileKey& key, const std::optional<ByteRange>& range,
               LoadPurpose purpose) const noexcept {
    return cache_ && key.kind == FileKind::kPack && range && cache_->keeps_parts(purpose.content);
  }

  Backend& backend_;
  std::unique_ptr<FileCache> cache_;  ///< null: none
  EarlyFiles early_;
  /// Of the index files that were listed, so that none has to be asked for its size.
  Synchronized<std::unordered_map<Id, std::uint64_t>> index_sizes_;

  bool keeps_everything_ = false;
  std::function<void()> change_guard_;
};

/// The error's words with the file they are about, unless they name it themselves.
std::string about(const Error& error, const FileKey& key);

/// Repeats the error with the file it is about.
[[noreturn]] void rethrow_about(const Error& error, const FileKey& key);

}  // namespace snapfs
