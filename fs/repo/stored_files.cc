#include "fs/repo/stored_files.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_set>

#include <fmt/format.h>

#include "fs/base/core_count.h"
#include "fs/base/parallel.h"
#include "fs/base/start_threads.h"
#include "fs/crypto/sha256.h"
#include "fs/repo/append_only.h"

namespace snapfs {
namespace {

/// What is read early of a kind of files: enough for a thousand snapshots, or a million blobs.
constexpr std::uint64_t kMostEarlyBytes = std::uint64_t{32} << 20;

/// What is larger is only read into memory when it has been seen to be what its name says.
constexpr std::uint64_t kReadUnseen = std::uint64_t{64} << 20;

Id digest_in_pieces(StoredFiles& files, const FileKey& key, std::uint64_t size,
                    const StopToken& stop) {
  constexpr std::uint64_t kPieceBytes = 4 << 20;
  Sha256 digest;
  for (std::uint64_t begin = 0; begin < size; begin += kPieceBytes) {
    digest.update(files.load(key, ByteRange{begin, std::min(kPieceBytes, size - begin)}, {}, stop));
  }
  return digest.finish();
}

[[noreturn]] void throw_mismatch(const FileKey& key, const std::string& location) {
  throw Error(ErrorCode::kDamaged,
              fmt::format("{} in {} is damaged: its content does not match its name", describe(key),
                          location),
              key.id.hex());
}

}  // namespace

std::vector<FileInfo> StoredFiles::list(FileKind kind, const StopToken& stop) {
  if (auto early = early_.take_list(kind)) return *std::move(early);
  std::vector<FileInfo> listed = backend_.list(kind, stop);
  if (cache_) cache_->keep_only(kind, listed);
  if (kind == FileKind::kIndex) {
    const auto sizes = index_sizes_.lock();
    sizes->clear();
    for (const FileInfo& file : listed) sizes->emplace(file.id, file.size);
  }
  return listed;
}

void StoredFiles::read_early(const std::vector<FileKind>& kinds, const StopToken& stop) {
  early_.clear();
  if (is_near()) return;
  try {
    std::vector<std::vector<FileInfo>> lists;
    lists.reserve(kinds.size());
    std::vector<std::jthread> threads;
    threads.reserve(kinds.size());
    for (const FileKind kind : kinds) {
      lists.push_back(list(kind, stop));
      early_.add_list(kind, lists.back());
      if (kind == FileKind::kPack) continue;
      const auto load = [this, kind, &listed = lists.back(), &stop] {
        load_early(kind, listed, stop);
      };
      std::vector<std::jthread> loader;
      start_threads(loader, 1, 0, load);
      std::ranges::move(loader, std::back_inserter(threads));
    }
  } catch (const std::exception&) {
    // Whoever asks for it will meet the same, and say so.
  }
}

void StoredFiles::load_early(FileKind kind, const std::vector<FileInfo>& listed,
                             const StopToken& stop) {
  try {
    std::vector<Id> wanted;
    std::uint64_t total = 0;
    for (const FileInfo& file : listed) {
      if (file.size > kMostEarlyBytes - total) continue;
      if (cache_ && cache_->has({kind, file.id})) continue;
      total += file.size;
      wanted.push_back(file.id);
    }
    // All of them together are small, so there is room for as many at once as the storage likes.
    const auto load = [&](const Id& id) {
      const FileKey key{kind, id};
      early_.add(key, load_verified(key, stop));
    };
    parallel_for_each(wanted, load, traits().requests);
  } catch (const std::exception&) {
    // As above.
  }
}

std::vector<Id> StoredFiles::list_ids(FileKind kind, const StopToken& stop) {
  std::vector<Id> ids;
  for (const FileInfo& info : list(kind, stop)) ids.push_back(info.id);
  std::ranges::sort(ids);
  return ids;
}

/// What the cache has of a pack: without `wanted`, the whole range. Other files are looked
/// for by load_verified().
std::optional<Bytes> StoredFiles::load_kept(const FileKey& key,
                                            const std::optional<ByteRange>& range,
                                            std::span<const ByteRange> wanted, LoadPurpose purpose,
                                            const StopToken& stop) {
  if (!is_kept(key, range, purpose)) return std::nullopt;
  throw_if_stopped(stop);
  if (wanted.empty()) wanted = std::span(&*range, 1);
  return cache_->load_part(purpose.content, key.id, *range, wanted);
}

Bytes StoredFiles::load_stored(const FileKey& key, const std::optional<ByteRange>& range,
                               LoadPurpose purpose, const StopToken& stop) {
  Bytes bytes = backend_.load(key, range, purpose, stop);
  if (is_kept(key, range, purpose)) cache_->add_part(purpose.content, key.id, *range, bytes);
  return bytes;
}

Bytes StoredFiles::load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
                        const StopToken& stop) {
  return read(key, range, purpose, stop, [](Bytes bytes) { return bytes; });
}

bool StoredFiles::is_near() const noexcept { return traits().requests <= core_count(); }

std::optional<std::uint64_t> StoredFiles::size(const FileKey& key, const StopToken& stop) {
  return backend_.size(key, stop);
}

void StoredFiles::save(const FileKey& key, ByteView bytes, const StopToken& stop, Content content) {
  if (keeps_everything_ && key.kind == FileKind::kConfig) throw append_only_error(key);
  (void)early_.take_list(key.kind);  // it would lack this one
  const bool says_what_is_there = key.kind == FileKind::kSnapshot || key.kind == FileKind::kIndex;
  if (says_what_is_there) require_change_allowed();
  backend_.save(key, bytes, content, stop);
  if (key.kind == FileKind::kSnapshot) require_still_allowed(key, stop);
  const bool is_worth_it = key.kind != FileKind::kPack || content == Content::kTree;
  if (cache_ && is_worth_it) cache_->add_saved(key, bytes);
}

/// A machine that slept while a snapshot was on its way wakes to one whose blobs others may have
/// removed. Nobody was told of it yet.
void StoredFiles::require_still_allowed(const FileKey& snapshot, const StopToken& stop) {
  try {
    require_change_allowed();
  } catch (const Error&) {
    try {
      backend_.remove(snapshot, stop);
    } catch (const Error&) {
      // It stays, and "check" tells what it lacks.
    }
    throw;
  }
}

void StoredFiles::remove(const FileKey& key, const StopToken& stop) {
  if (keeps_everything_ && key.kind != FileKind::kLock) throw append_only_error(key);
  if (key.kind != FileKind::kLock) require_change_allowed();
  (void)early_.take_list(key.kind);
  (void)early_.take(key);
  backend_.remove(key, stop);
  if (cache_) cache_->drop(key);
}

Bytes StoredFiles::load_verified(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  if (std::optional<Bytes> early = early_.take(key)) return *std::move(early);
  if (cache_) {
    if (std::optional<Bytes> kept = cache_->load(key)) return *std::move(kept);
  }
  const auto verified = [&](Bytes stored) {
    if (sha256(stored) != key.id) throw_mismatch(key, location());
    if (cache_) cache_->add(key, stored);
    return stored;
  };
  // An index file alone can be so large; it is first read piece by piece, into one small buffer.
  if (max_stored_bytes(key.kind) > kReadUnseen) {
    const std::uint64_t file_bytes = index_file_bytes(key, stop);
    const bool unseen = file_bytes > kReadUnseen && file_bytes <= max_stored_bytes(key.kind);
    if (unseen && digest_in_pieces(*this, key, file_bytes, stop) != key.id &&
        digest_in_pieces(*this, key, file_bytes, stop) != key.id) {
      throw_mismatch(key, location());
    }
  }
  return read(key, std::nullopt, {}, stop, verified);
}

std::uint64_t StoredFiles::index_file_bytes(const FileKey& key, const StopToken& stop) {
  {
    const auto sizes = index_sizes_.lock();
    const auto listed = sizes->find(key.id);
    if (listed != sizes->end()) return listed->second;
  }
  return size(key, stop).value_or(0);
}

void StoredFiles::add_unlisted(FileKind kind, std::vector<FileInfo>& listed,
                               const std::vector<Id>& expected, const StopToken& stop) {
  std::unordered_set<Id> known;
  for (const FileInfo& file : listed) known.insert(file.id);
  std::vector<Id> unlisted;
  for (const Id& id : expected) {
    if (known.insert(id).second) unlisted.push_back(id);
  }
  Synchronized<std::vector<FileInfo>> found;
  const auto ask = [&](const Id& id) {
    const std::optional<std::uint64_t> file_bytes = size({kind, id}, stop);
    if (file_bytes) found.lock()->push_back({id, *file_bytes});
  };
  parallel_for_each(unlisted, ask, traits().requests);
  const auto result = found.lock();
  listed.insert(listed.end(), result->begin(), result->end());
}

std::string about(const Error& error, const FileKey& key) {
  const std::string_view words = error.what();
  const std::string file = describe(key);
  return words.starts_with(file) ? std::string(words) : fmt::format("{}: {}", file, words);
}

void rethrow_about(const Error& error, const FileKey& key) {
  throw Error(error.code(), about(error, key),
              key.kind == FileKind::kConfig ? path_of(key) : key.id.hex());
}

}  // namespace snapfs
