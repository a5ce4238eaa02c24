#include "fs/cache/file_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/private_directory.h"
#include "fs/crypto/sha256.h"
#include "fs/time/civil_date.h"
#include "fs/time/clock.h"

namespace snapfs {
namespace {

/// Of the layout (FORMAT §18), which restic writes into a file, too.
constexpr std::string_view kVersion = "1";

/// In a repository's directory: when its packs were compared with an index last.
constexpr std::string_view kCompared = "packs-compared";

/// restic takes a shorter file, which holds nothing sealed, for a broken one.
constexpr std::size_t kLeastBytes = 33;

/// What the cache does must not fail: neither for want of memory.
template <class Work>
auto attempt_quietly(const Work& work) noexcept -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception&) {
    return decltype(work())();
  }
}

/// Nothing when it is missing, or says nothing: a program may have been killed as it wrote it.
std::optional<unsigned> read_version(const std::string& path) {
  try {
    const UniqueFd file = open_cache_file(path);
    if (!file) return std::nullopt;
    std::array<std::uint8_t, 20> bytes{};
    const std::size_t size = read_at(file.get(), 0, bytes, path);
    const std::string_view text = as_text(ByteView(bytes).first(size));
    unsigned version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error == std::errc() && end == text.data() + text.size()) return version;
  } catch (const Error&) {
    // What else is wrong shows when something is added.
  }
  return std::nullopt;
}

}  // namespace

FileCache::FileCache(FileCacheOptions options, const Id& repository)
    : options_(std::move(options)),
      directory_(fmt::format("{}/{}", options_.directory, repository.hex())),
      room_(options_.directory, CachePool::kMetadata, options_.bounds),
      content_room_(options_.directory, CachePool::kContent,
                    {options_.content_bytes, options_.bounds.min_free_bytes}),
      indexes_(fmt::format("{}/{}", directory_, directory_of(FileKind::kIndex))),
      snapshots_(fmt::format("{}/{}", directory_, directory_of(FileKind::kSnapshot))),
      trees_(fmt::format("{}/{}", directory_, directory_of(FileKind::kPack))),
      contents_(fmt::format("{}/{}", directory_, kContentDirectory)) {
  const auto version = read_version(directory_ + "/version");
  if (version && *version > 1) {
    reads_ = false;
    give_up("a newer program wrote it");
  }
  // Which repositories were used is told by the times of their directories.
  ::utimensat(AT_FDCWD, directory_.c_str(), nullptr, 0);
}

const CachedFiles* FileCache::files_of(FileKind kind) const noexcept {
  if (kind == FileKind::kIndex) return &indexes_;
  return kind == FileKind::kSnapshot ? &snapshots_ : nullptr;
}

bool FileCache::has(const FileKey& key) const noexcept {
  const CachedFiles* const files = files_of(key.kind);
  return reads_ && files != nullptr && attempt_quietly([&] {
           return bool(files->open({key.id, std::nullopt}));
         });
}

std::optional<Bytes> FileCache::load(const FileKey& key) noexcept {
  const CachedFiles* const files = files_of(key.kind);
  if (!reads_ || files == nullptr) return std::nullopt;
  return attempt_quietly([&]() -> std::optional<Bytes> {
    const CachedName name{key.id, std::nullopt};
    const UniqueFd fd = files->open(name);
    if (!fd) return std::nullopt;
    const std::uint64_t size = file_size(fd.get(), name.text());
    if (size <= max_stored_bytes(key.kind)) {
      Bytes bytes(size);
      if (read_at(fd.get(), 0, bytes, name.text()) == size && sha256(bytes) == key.id) return bytes;
    }
    files->remove(name);
    return std::nullopt;
  });
}

std::optional<Bytes> FileCache::load_part(Content content, const Id& pack, const ByteRange& range,
                                          std::span<const ByteRange> wanted) noexcept {
  if (!reads_) return std::nullopt;
  return attempt_quietly([&] { return shelf_of(content).load(pack, range, wanted); });
}

/// The directories may have been removed at any time, also while they are made: once more, then.
/// What cannot be made then, as in /proc, never can.
void FileCache::begin() const {
  const auto make = [this] {
    make_cache(options_.directory);
    make_private_directories(directory_);
  };
  try {
    make();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    try {
      make();
    } catch (const Error& again) {
      throw Error(ErrorCode::kIo, again.what(), again.subject());
    }
  }
  const std::string version = directory_ + "/version";
  struct stat status {};
  if (::stat(version.c_str(), &status) != 0 || status.st_size == 0) {
    replace_file(version, as_bytes(kVersion));
  }
}

template <class Work>
void FileCache::add_bytes(CacheRoom& room, ByteView bytes, const Work& store) noexcept {
  if (!adds_ || bytes.size() < kLeastBytes) return;
  try {
    begin();
    if (room.take(bytes.size())) store();
  } catch (const Error& error) {
    // What is not found was just removed by somebody, and is made anew the next time.
    if (error.code() != ErrorCode::kNotFound) give_up(error.what());
  } catch (const std::exception&) {
    // Too little memory for this one.
  }
}

void FileCache::add(const FileKey& key, ByteView bytes) noexcept {
  if (const CachedFiles* const files = files_of(key.kind)) {
    add_bytes(room_, bytes, [&] { files->store({key.id, std::nullopt}, bytes); });
  }
}

void FileCache::add_part(Content content, const Id& pack, const ByteRange& range,
                         ByteView bytes) noexcept {
  CacheRoom& room = content == Content::kData ? content_room_ : room_;
  add_bytes(room, bytes, [&] { shelf_of(content).keep({pack, range}, bytes); });
}

void FileCache::add_saved(const FileKey& key, ByteView bytes) noexcept {
  if (!options_.add_saved) return;
  if (key.kind == FileKind::kPack) {
    add_bytes(room_, bytes, [&] { trees_.keep({key.id, std::nullopt}, bytes); });
  } else {
    add(key, bytes);
  }
}

void FileCache::drop(const FileKey& key) noexcept {
  if (key.kind == FileKind::kPack) {
    attempt_quietly([&] { trees_.drop(key.id); });
    if (options_.content_bytes > 0) attempt_quietly([&] { contents_.drop(key.id); });
  } else if (const CachedFiles* const files = files_of(key.kind)) {
    attempt_quietly([&] { files->remove({key.id, std::nullopt}); });
  }
}

void FileCache::drop_part(Content content, const Id& pack, const ByteRange& range) noexcept {
  attempt_quietly([&] { shelf_of(content).drop(pack, range); });
}

void FileCache::keep_only(FileKind kind, const std::vector<FileInfo>& listed) noexcept {
  const CachedFiles* const files = files_of(kind);
  if (files == nullptr && kind != FileKind::kPack) return;
  attempt_quietly([&] {
    std::unordered_set<Id> names;
    for (const FileInfo& file : listed) names.insert(file.id);
    if (files == nullptr) {
      trees_.keep_only(names);
      contents_.keep_only(names);
      return;
    }
    for (const CachedName& name : files->list()) {
      if (!names.contains(name.id)) files->remove(name);
    }
  });
}

void FileCache::drop_unindexed(const std::function<std::vector<Id>()>& packs) noexcept {
  if (!reads_ || !adds_) return;
  attempt_quietly([&] {
    const std::string compared = fmt::format("{}/{}", directory_, kCompared);
    const Timestamp now = SystemClock().now();
    struct stat status {};
    // A time to come is one that a clock said which was wrong.
    const bool is_done = ::lstat(compared.c_str(), &status) == 0 &&
                         status.st_mtime <= now.seconds &&
                         now.seconds - status.st_mtime < kSecondsPerDay;
    if (is_done) return;
    replace_file(compared, {});  // first of all: where nothing can be written nothing can go
    const std::vector<Id> named = packs();
    const std::unordered_set<Id> names(named.begin(), named.end());
    const Timestamp used_since{now.seconds - kSecondsPerDay, 0};
    trees_.keep_only(names, used_since);
    contents_.keep_only(names, used_since);
  });
}

void FileCache::give_up(std::string_view why) noexcept {
  if (!adds_.exchange(false) || !options_.warn) return;
  try {
    options_.warn(
        fmt::format("nothing is added to the cache in {}, so that more is asked of the storage: {} "
                    "(--cache-dir "
                    "names another place, --no-cache uses none)",
                    options_.directory, why));
  } catch (const std::exception&) {
    // Then nobody hears of it.
  }
}

}  // namespace snapfs
