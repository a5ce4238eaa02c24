// A repository's files as they are stored, sealed: the one way from everything above to the
// storage, so that nothing can reach around what stands before it. What is in the files is
// Repository's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// Thread-safe. All operations throw what Backend's throw.
class StoredFiles {
 public:
  /// `backend` must outlive this.
  explicit StoredFiles(Backend& backend) noexcept : backend_(backend) {}

  /// In no particular order.
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop);

  /// The names alone, in ascending order.
  std::vector<Id> list_ids(FileKind kind, const StopToken& stop);

  /// What `open` makes of the bytes of the whole file, or exactly of the range. When the load or
  /// `open` fails in a way that concerns just these bytes (they are short, gone, damaged, or on a
  /// bad sector), both are done once more, at once: such a fault may pass, and what is wrong twice
  /// is wrong.
  template <class Open>
  auto read(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
            const StopToken& stop, const Open& open) {
    try {
      return open(backend_.load(key, range, purpose, stop));
    } catch (const Error& error) {
      if (!error.concerns_one_copy()) throw;
    }
    return open(backend_.load(key, range, purpose, stop));
  }

  /// The bytes themselves.
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop);

  /// The whole file, with its name checked against its bytes: Error{kDamaged} when they differ.
  Bytes load_verified(const FileKey& key, const StopToken& stop);

  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop);

  /// Completes a listing: each of the `expected` files that it does not show is asked for by its
  /// name, since nothing may count as lost because of a listing alone.
  void add_unlisted(FileKind kind, std::vector<FileInfo>& listed, const std::vector<Id>& expected,
                    const StopToken& stop);

  void save(const FileKey& key, ByteView bytes, const StopToken& stop);
  void remove(const FileKey& key, const StopToken& stop);

  StorageTraits traits() const noexcept { return backend_.traits(); }
  std::string location() const { return backend_.location(); }

 private:
  Backend& backend_;
};

/// The error's words with the file they are about, unless they name it themselves.
std::string about(const Error& error, const FileKey& key);

/// Repeats the error with the file it is about.
[[noreturn]] void rethrow_about(const Error& error, const FileKey& key);

}  // namespace snapfs
