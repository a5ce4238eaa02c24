#include "fs/repo/repository.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fs/base/core_count.h"
#include "fs/base/error.h"
#include "fs/crypto/calibrate_scrypt.h"
#include "fs/crypto/sha256.h"
#include "fs/format/index_reader.h"
#include "fs/format/key_file.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/identity.h"
#include "fs/time/clock.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

/// How long it should take to try one password.
constexpr std::chrono::milliseconds kKdfTime{500};

void require_empty(Backend& backend, FileKind kind, const StopToken& stop) {
  if (backend.list(kind, stop).empty()) return;
  throw Error(ErrorCode::kExists,
              fmt::format("{} already holds {}; choose an empty place", backend.location(),
                          directory_of(kind)),
              backend.location());
}

/// What is written can be read again.
void require_readable(FileKind kind, std::uint64_t size, std::uint64_t most) {
  if (size <= most) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("this would make a file in {}/ of more than {} bytes, which nobody could "
                          "read: name fewer or shorter paths or tags",
                          directory_of(kind), most));
}

/// The stored file, opened again, is the text with that digest.
void require_text(Codec& codec, ByteView stored, const Id& digest) {
  Sha256 read;
  codec.open_file(stored, [&read](ByteView piece) { read.update(piece); });
  if (read.finish() == digest) return;
  throw Error(
      ErrorCode::kInternal,
      "a file just sealed does not open to the same bytes; memory or processor may be faulty");
}

/// So many index files are read as quickly as a copy of the index is written.
constexpr std::size_t kFilesWorthCaching = 16;

bool half_is_gone(const std::set<Id>& loaded, const std::set<Id>& listed) {
  const auto gone =
      std::ranges::count_if(loaded, [&](const Id& id) { return !listed.contains(id); });
  return gone > 0 && 2 * static_cast<std::size_t>(gone) >= loaded.size();
}

}  // namespace

Content content_of(BlobType type) noexcept {
  return type == BlobType::kTree ? Content::kTree : Content::kData;
}

Config Repository::init(Backend& backend, ByteView password, const InitOptions& options,
                        StopToken stop) {
  if (options.version < Config::kMinVersion || options.version > Config::kMaxVersion) {
    throw Error(ErrorCode::kUsage,
                fmt::format("cannot make a repository of version {}; choose {} or {}",
                            options.version, Config::kMinVersion, Config::kMaxVersion));
  }
  if (backend.size(FileKey::config(), stop)) {
    throw Error(ErrorCode::kExists,
                fmt::format("there is already a repository at {}", backend.location()),
                backend.location());
  }
  for (const FileKind kind : kUsedBy) require_empty(backend, kind, stop);
  backend.create(stop);

  const Keys master = Keys::random();
  const Identity identity = Identity::of_process();
  const ScryptParameters parameters = options.kdf ? *options.kdf : calibrate_scrypt(kKdfTime);
  const KeyFile key =
      make_key_file(master, password, parameters, TimeZone::local().at(SystemClock().now()),
                    identity.username, identity.hostname);
  const std::string key_json = encode_key_file(key);
  backend.save({FileKind::kKey, sha256(as_bytes(key_json))}, as_bytes(key_json), stop);

  // The config comes last: without one nothing else is read.
  Config config = Config::create(options.version);
  if (options.chunker_polynomial) config.chunker_polynomial = *options.chunker_polynomial;
  backend.save(FileKey::config(), seal_config(config, master), stop);
  return config;
}

Repository::Repository(Backend& backend, ByteView password, const OpenOptions& options,
                       StopToken stop)
    : Repository(backend, Entrance::read(backend, stop), password, options, stop) {}

Repository::Repository(Backend& backend, const Entrance& entrance, ByteView password,
                       const OpenOptions& options, const StopToken& stop)
    : Repository(backend,
                 find_opening_key(entrance, backend.location(), password,
                                  {options.key_hint, options.warn}, stop),
                 options) {}

Repository::Repository(Backend& backend, OpenedKey opened, const OpenOptions& options)
    : files_(backend),
      key_id_(opened.id),
      keys_(std::move(opened.master)),
      config_(opened.config),
      codec_options_{config_.version, options.compression, options.verify_writes} {
  if (config_.append_only) files_.keep_everything();
}

Repository::~Repository() = default;

std::unique_ptr<Codec> Repository::make_codec() const {
  return std::make_unique<Codec>(keys_, codec_options_);
}

std::vector<Id> Repository::list(FileKind kind, StopToken stop) {
  return files_.list_ids(kind, stop);
}

void Repository::read_file(const FileKey& key, const ByteSink& sink, StopToken stop) {
  try {
    const Bytes stored = files_.load_verified(key, stop);
    codecs_.borrow()->open_file(stored, sink, max_text_bytes(key.kind));
  } catch (...) {
    // Too little memory for one file is that file's failure.
    rethrow_about(current_error(), key);
  }
}

Bytes Repository::load_file(const FileKey& key, StopToken stop) {
  Bytes text;
  read_file(
      key, [&text](ByteView piece) { append(text, piece); }, std::move(stop));
  return text;
}

SealedFile Repository::seal_file(FileKind kind, const ByteSource& produce) {
  const CodecPool::Lease codec = codecs_.borrow();
  Sha256 written;
  std::uint64_t size = 0;
  Bytes stored = codec->seal_file([&](const ByteSink& sink) {
    produce([&](ByteView piece) {
      size += piece.size();
      require_readable(kind, size, max_text_bytes(kind));
      if (codec_options_.verify) written.update(piece);
      sink(piece);
    });
  });
  require_readable(kind, stored.size(), max_stored_bytes(kind));
  if (codec_options_.verify) require_text(*codec, stored, written.finish());
  const Id id = sha256(stored);
  return {id, std::move(stored)};
}

SealedFile Repository::seal_file(FileKind kind, ByteView json) {
  return seal_file(kind, [json](const ByteSink& sink) { sink(json); });
}

Id Repository::save_file(FileKind kind, const ByteSource& produce, StopToken stop) {
  const SealedFile sealed = seal_file(kind, produce);
  files_.save({kind, sealed.id}, sealed.bytes, stop);
  return sealed.id;
}

Id Repository::save_file(FileKind kind, ByteView json, StopToken stop) {
  return save_file(
      kind, [json](const ByteSink& sink) { sink(json); }, std::move(stop));
}

Bytes Repository::load_blob(const BlobHandle& handle, const StopToken& stop, Urgency urgency) {
  std::vector<BlobLocation> locations = index_.find(handle);
  if (locations.empty()) {
    look_again(stop);
    locations = index_.find(handle);
  }
  if (locations.empty()) {
    throw Error(
        ErrorCode::kNotFound,
        fmt::format("{} blob {} is in no index", to_string(handle.type), handle.id.short_hex()),
        handle.id.hex());
  }
  std::string reason;
  ErrorCode code = ErrorCode::kDamaged;
  for (const BlobLocation& location : locations) {
    const FileKey pack{FileKind::kPack, location.pack};
    const auto open = [&](const Bytes& sealed) {
      return codecs_.borrow()->open_blob(handle, sealed, location.uncompressed_length);
    };
    try {
      require_possible(handle, location.length);
      const ByteRange range{location.offset, location.length};
      const LoadPurpose purpose{content_of(handle.type), urgency};
      if (handle.type == BlobType::kTree && !files_.is_near()) {
        try {
          return open(load_run(location.pack, range, std::span(&range, 1), purpose, stop));
        } catch (const Error& error) {
          if (!error.concerns_one_copy()) throw;
        }
      }
      return files_.read(pack, range, purpose, stop, open);
    } catch (...) {
      const Error error = current_error();
      if (error.code() == ErrorCode::kCancelled) throw;
      reason = about(error, pack);
      // A copy that could not be read may be intact: that is not damage.
      if (!error.means_loss()) code = error.code();
      if (!error.concerns_one_copy()) break;
    }
  }
  throw Error(code,
              fmt::format("{} {} blob {}: {}",
                          code == ErrorCode::kDamaged ? "no intact copy of" : "cannot read now",
                          to_string(handle.type), handle.id.short_hex(), reason),
              handle.id.hex());
}

Bytes Repository::load_run(const Id& pack, const ByteRange& range,
                           std::span<const ByteRange> wanted, LoadPurpose purpose,
                           const StopToken& stop) {
  if (auto kept = files_.kept_run(pack, range, wanted, purpose, stop)) return *std::move(kept);
  const FileKey key{FileKind::kPack, pack};
  if (files_.is_near() || purpose.content != Content::kTree || wanted.size() != 1) {
    return files_.load(key, range, purpose, stop);
  }
  if (auto part = tree_windows_.part(pack, range)) return *std::move(part);
  auto window = tree_windows_.widened(pack, range);
  Bytes bytes = files_.load(key, window.range(), purpose, stop);
  window.loaded(bytes, !files_.keeps_trees());
  const ByteView wanted_bytes = ByteView(bytes).last(range.length);
  return Bytes(wanted_bytes.begin(), wanted_bytes.end());
}

void Repository::read_index(const Id& id, const IndexReader::Visit& visit, StopToken stop) {
  IndexReader reader(config_.version, visit);
  const FileKey key{FileKind::kIndex, id};
  read_file(
      key,
      [&](ByteView piece) {
        throw_if_stopped(stop);
        reader.write(piece);
      },
      stop);
  try {
    reader.finish();
  } catch (...) {
    rethrow_about(current_error(), key);
  }
}

void Repository::use_index_cache(const std::string& directory) {
  index_cache_ = std::make_unique<IndexCache>(directory, config_.id);
}

void Repository::load_index(StopToken stop) {
  // All the time: no file is read twice, and none is looked for that another thread saw go.
  const auto loaded = loaded_indexes_.lock();
  const std::set<Id> listed = index_files(stop);
  std::optional<ReadIndexes> read;
  if (half_is_gone(*loaded, listed)) read = start_index_anew(*loaded, listed, stop);
  if (!read) read = read_missing(index_, *loaded, listed, stop);
  files_.forget_early(FileKind::kIndex);  // of those that the copy has
  if (index_.pack_count() != 0) {
    files_.drop_unindexed([this] { return index_.contents().packs; });
  }
  const bool worth_while =
      read->files >= kFilesWorthCaching || IndexCache::is_worth_while(read->blobs);
  // Files that are gone, after a prune, would make the copy one of nothing that there is.
  if (index_cache_ && worth_while && std::ranges::includes(listed, *loaded)) update_cache(*loaded);
}

void Repository::look_again(const StopToken& stop) {
  const auto looked = looked_again_.lock();
  if (*looked) return;
  *looked = true;
  load_index(stop);
}

std::set<Id> Repository::index_files(const StopToken& stop) {
  const std::vector<Id> listed = list(FileKind::kIndex, stop);
  return {listed.begin(), listed.end()};
}

Repository::ReadIndexes Repository::read_missing(Index& index, std::set<Id>& loaded,
                                                 const std::set<Id>& listed,
                                                 const StopToken& stop) {
  if (loaded.empty() && index_cache_) loaded = index_cache_->load(listed, index, *make_codec());
  const std::size_t before = index.blob_count();
  std::vector<Id> missing;
  std::ranges::set_difference(listed, loaded, std::back_inserter(missing));
  {
    Index::Loader loader(index);
    const auto add = [&loader](const PackDescription& pack) { loader.add(pack); };
    for_each_file(files_, FileKind::kIndex, missing,
                  [&](const Id& id) { read_index(id, add, stop); });
    loader.finish();
  }
  // Only now does the index show everything.
  loaded.insert(missing.begin(), missing.end());
  return {missing.size(), index.blob_count() - before};
}

/// Nothing when what is there must do: somebody is at work on the index files, or this program is,
/// or the storage is not there (a directory whose file system is unmounted lists as empty).
std::optional<Repository::ReadIndexes> Repository::start_index_anew(std::set<Id>& loaded,
                                                                    const std::set<Id>& listed,
                                                                    const StopToken& stop) {
  // A list that is made while one file takes another's place may have neither. One that is made
  // after it has the new one.
  const std::set<Id> now = index_files(stop);
  if (now.empty() || !std::ranges::includes(now, listed)) return std::nullopt;
  Index index;
  std::set<Id> files;
  const ReadIndexes read = read_missing(index, files, now, stop);
  if (!index_.replace(index.contents())) return std::nullopt;
  loaded = std::move(files);
  return read;
}

void Repository::update_cache(const std::set<Id>& files) {
  if (!IndexCache::is_worth_while(index_.blob_count())) return;
  try {
    index_cache_->store(files, index_.contents(), *make_codec());
  } catch (const Error&) {
    // Next time is as slow as this one was; nothing else depends on it.
  }
}

}  // namespace snapfs
