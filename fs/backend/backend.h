// Where a repository's files lie: the interface that every storage implements. Every implementation
// passes the conformance suite in tests/fs/backend.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "fs/backend/file_key.h"
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

/// A flat store of immutable files. Thread-safe. Every operation may throw Error: kNotFound for a
/// file that is not there, kNoSpace, kPermission, kIo, or kCancelled once `stop` was requested.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Makes the places that init needs; succeeds when they exist.
  virtual void create(StopToken stop) = 0;

  /// Stores a file whole or not at all: when it returns, the file survives a power cut. A file that
  /// exists is replaced.
  virtual void save(const FileKey& key, ByteView bytes, StopToken stop) = 0;

  /// The whole file, or exactly the range; Error{kDamaged} when the file ends before the range
  /// does, Error{kUnsupported} when the whole is larger than max_stored_bytes, or what has the name
  /// is no file.
  virtual Bytes load(const FileKey& key, std::optional<ByteRange> range, StopToken stop) = 0;

  /// Nothing when there is no such file.
  virtual std::optional<std::uint64_t> size(const FileKey& key, StopToken stop) = 0;

  /// Calls `visit` for every file of the kind, in no particular order. Names that are not IDs are
  /// passed over. A failure throws: a listing is complete or an error, never short. What has a
  /// file's name but is none is listed, so that whoever reads it hears of it; among packs, which
  /// are counted rather than read, it is Error{kUnsupported}.
  virtual void list(FileKind kind, const std::function<void(const FileInfo&)>& visit,
                    StopToken stop) = 0;

  /// Error{kNotFound} when there is no such file.
  virtual void remove(const FileKey& key, StopToken stop) = 0;

  /// How many operations may usefully be under way at once; at least 1.
  virtual unsigned connections() const noexcept = 0;

  /// What messages call this storage, such as its path; holds no secret.
  virtual std::string location() const = 0;
};

}  // namespace snapfs
