// Where a repository's files lie: the interface that every storage implements. Every implementation
// passes the conformance suite in tests/fs/backend.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/backend/file_key.h"
#include "fs/backend/load_purpose.h"
#include "fs/backend/traits.h"
#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"

namespace snapfs {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct FileInfo {
  Id id;
  std::uint64_t size = 0;
};

/// A flat store of immutable files. Thread-safe, and blocking: a call returns when it is done, and
/// soon after `stop` was requested. Every operation may throw Error: kNotFound for a file that is
/// not there, kNoSpace, kPermission, kWrongCredentials, kOutOfResources, kIo, kUnavailable when the
/// storage did not answer and may do so later, or kCancelled once `stop` was requested.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Makes the places that init needs; succeeds when they exist.
  virtual void create(const StopToken& stop) = 0;

  /// Stores a file whole or not at all, unless traits() say otherwise: when it returns, the file
  /// survives a power cut. A file that exists is replaced. `content` says what is in a pack: some
  /// storages keep data elsewhere.
  virtual void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) = 0;

  /// A file that is no pack, or a pack of which nobody says what it holds.
  void save(const FileKey& key, ByteView bytes, const StopToken& stop) {
    save(key, bytes, Content::kWholeFile, stop);
  }

  /// The whole file, or exactly the range; Error{kDamaged} when the file ends before the range
  /// does, Error{kUnsupported} when the whole is larger than max_stored_bytes, or what has the name
  /// is no file.
  virtual Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
                     const StopToken& stop) = 0;

  /// Nothing when there is no such file.
  virtual std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) = 0;

  /// All files of the kind, in no particular order. Names that are not IDs are passed over. A
  /// failure throws: a listing is complete or an error, never short. What has a file's name but is
  /// none is listed, so that whoever reads it hears of it; among packs, which are counted rather
  /// than read, it is Error{kUnsupported}.
  virtual std::vector<FileInfo> list(FileKind kind, const StopToken& stop) = 0;

  /// Error{kNotFound} when there is no such file, where the storage tells.
  virtual void remove(const FileKey& key, const StopToken& stop) = 0;

  /// The same all the time.
  virtual StorageTraits traits() const noexcept = 0;

  /// What messages call this storage, such as its path; holds no secret.
  virtual std::string location() const = 0;
};

}  // namespace snapfs
