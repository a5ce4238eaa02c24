// A repository opened with its keys: blobs and files by ID, authenticated.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/byte_sink.h"
#include "fs/base/stop_token.h"
#include "fs/base/synchronized.h"
#include "fs/cache/index_cache.h"
#include "fs/crypto/kdf.h"
#include "fs/crypto/keys.h"
#include "fs/format/blob.h"
#include "fs/format/codec.h"
#include "fs/format/codec_pool.h"
#include "fs/format/config.h"
#include "fs/format/index_reader.h"
#include "fs/index/index.h"
#include "fs/repo/key_search.h"
#include "fs/repo/stored_files.h"
#include "fs/repo/tree_windows.h"

namespace snapfs {

struct InitOptions {
  unsigned version = Config::kMaxVersion;
  /// How the password becomes a key. Nothing: as slowly as this machine does it in half a second.
  std::optional<ScryptParameters> kdf;
  /// Where chunks are cut. Nothing: a random one. Another repository's makes the same chunks of the
  /// same data, so that copying between the two stores nothing twice.
  std::optional<Polynomial> chunker_polynomial;
};

struct OpenOptions {
  CompressionMode compression = CompressionMode::kAuto;
  bool verify_writes = true;
  std::string key_hint;  ///< how the ID of the key begins that is to be tried first; may be empty
  /// Hears of a key that wants more time or memory than keys do; may be empty.
  std::function<void(std::string_view message)> warn;
};

/// What the blobs of a pack are: no pack has both.
Content content_of(BlobType type) noexcept;

/// A file of a repository as it is to be stored.
struct SealedFile {
  Id id;
  Bytes bytes;
};

/// Thread-safe.
class Repository {
 public:
  /// Writes a new repository (FORMAT §4): error kExists when there is one already.
  static Config init(Backend& backend, ByteView password, const InitOptions& options,
                     StopToken stop);

  /// Throws what Entrance::read and find_opening_key throw. The backend must outlive the
  /// repository.
  Repository(Backend& backend, ByteView password, const OpenOptions& options, StopToken stop);

  /// The same when that much was read already.
  Repository(Backend& backend, const Entrance& entrance, ByteView password,
             const OpenOptions& options, const StopToken& stop);
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  const Config& config() const noexcept { return config_; }

  /// The key file that the password opened.
  const Id& key_id() const noexcept { return key_id_; }

  /// What everything is sealed with; needed to make another key file. Secret.
  const Keys& master_keys() const noexcept { return keys_; }

  /// Its files as they are stored.
  StoredFiles& files() noexcept { return files_; }
  Index& index() noexcept { return index_; }
  const Index& index() const noexcept { return index_; }

  /// Has load_index() begin with a copy of the index in this directory, and keep one there. Only
  /// for reading: no blob may be taken for stored because a copy says so.
  void use_index_cache(const std::string& directory);

  /// Reads the index files that were not read yet. What was read from files that are gone stays,
  /// for those who look for it meanwhile, until half of all files that were read are gone: then
  /// everything is read anew.
  void load_index(StopToken stop);

  /// A blob's plaintext, authenticated. When a copy is damaged, gone or on a bad sector, even when
  /// it is read again, the next one is tried; any other failure is thrown as it is, since the other
  /// copies would meet it, too. Error{kNotFound} when the index has none, Error{kDamaged} naming
  /// blob and pack when none is intact, or the code of the failure when a copy could not be read.
  /// The first time that the index has none it is read again: a storage may list a snapshot before
  /// the index file that was saved before it.
  Bytes load_blob(const BlobHandle& handle, const StopToken& stop,
                  Urgency urgency = Urgency::kForeground);

  /// StoredFiles::load_run of blobs that the index has. Far away, one tree that is wanted alone
  /// comes with others, which will be wanted next (TreeWindows).
  Bytes load_run(const Id& pack, const ByteRange& range, std::span<const ByteRange> wanted,
                 LoadPurpose purpose, const StopToken& stop);

  /// The plaintext of an index, snapshot or lock file; its name is checked against its bytes.
  Bytes load_file(const FileKey& key, StopToken stop);

  /// The same in pieces: an index file can be large. What the sink was given counts only when this
  /// returns. Throws what the sink throws, too.
  void read_file(const FileKey& key, const ByteSink& sink, StopToken stop);

  /// Calls `visit` for each pack of an index file. Throws what read_file, the reader and `visit`
  /// throw, naming the file.
  void read_index(const Id& id, const IndexReader::Visit& visit, StopToken stop);

  /// Such a file as it is stored, and its name.
  SealedFile seal_file(FileKind kind, const ByteSource& produce);
  SealedFile seal_file(FileKind kind, ByteView json);

  /// Stores such a file and returns its name.
  Id save_file(FileKind kind, const ByteSource& produce, StopToken stop);
  Id save_file(FileKind kind, ByteView json, StopToken stop);

  /// The names of all files of a kind, in ascending order.
  std::vector<Id> list(FileKind kind, StopToken stop);

  /// A worker's own codec. The repository must outlive it.
  std::unique_ptr<Codec> make_codec() const;

  /// Codecs to borrow for one call.
  CodecPool& codecs() noexcept { return codecs_; }

 private:
  /// What was read, and not taken from the copy.
  struct ReadIndexes {
    std::size_t files = 0;
    std::size_t blobs = 0;
  };

  Repository(Backend& backend, OpenedKey opened, const OpenOptions& options);
  void look_again(const StopToken& stop);
  std::set<Id> index_files(const StopToken& stop);
  ReadIndexes read_missing(Index& index, std::set<Id>& loaded, const std::set<Id>& listed,
                           const StopToken& stop);
  std::optional<ReadIndexes> start_index_anew(std::set<Id>& loaded, const std::set<Id>& listed,
                                              const StopToken& stop);
  void update_cache(const std::set<Id>& files);

  StoredFiles files_;
  Id key_id_;
  Keys keys_;
  Config config_;
  CodecOptions codec_options_;
  Index index_;
  std::unique_ptr<IndexCache> index_cache_;  ///< null: none
  Synchronized<std::set<Id>> loaded_indexes_;
  Synchronized<bool> looked_again_;  ///< for a blob that the index did not have
  TreeWindows tree_windows_;
  CodecPool codecs_{[this] { return make_codec(); }};
};

}  // namespace snapfs
