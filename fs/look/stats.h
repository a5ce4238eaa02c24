// How much is in snapshots, counted in four ways.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "fs/base/id.h"
#include "fs/base/saturating.h"
#include "fs/base/stop_token.h"

namespace snapfs {

class Repository;

/// What a restored snapshot takes. Sums that do not fit are the largest number: directories can
/// share so much, and sizes be such, that nobody could restore it.
struct RestoreSize {
  std::uint64_t files = 0;  ///< entries of every type
  std::uint64_t bytes = 0;  ///< of a file with several names once

  RestoreSize& operator+=(const RestoreSize& other) noexcept {
    add_saturating(files, other.files);
    add_saturating(bytes, other.bytes);
    return *this;
  }
  friend bool operator==(const RestoreSize&, const RestoreSize&) = default;
};

/// Of all trees together; each is restored by itself. Every distinct directory is read once. Throws
/// what load_tree throws; so do the others.
RestoreSize restore_size(Repository& repository, std::span<const Id> roots, StopToken stop);

/// Files with the same content count once, all entries without content as one.
RestoreSize unique_contents(Repository& repository, std::span<const Id> roots, StopToken stop);

struct BlobsPerFile {
  std::uint64_t files = 0;  ///< paths
  std::uint64_t blobs = 0;  ///< of each file, those that no other version of it has
  std::uint64_t bytes = 0;  ///< of these

  friend bool operator==(const BlobsPerFile&, const BlobsPerFile&) = default;
};

/// Files with the same content count once, at the path where they come first: by snapshot, then by
/// path.
BlobsPerFile blobs_per_file(Repository& repository, std::span<const Id> roots, StopToken stop);

struct RawData {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;                          ///< as stored
  std::uint64_t uncompressed_bytes = 0;             ///< as they would be stored without compression
  std::uint64_t compressed_blob_bytes = 0;          ///< of those that are compressed: as stored
  std::uint64_t compressed_uncompressed_bytes = 0;  ///< and without compression

  /// How much smaller compressed blobs are; nothing when there is none.
  std::optional<double> compression_ratio() const noexcept;
  /// In per cent: which part of the data is compressed, and what that saves of all.
  double compression_progress() const noexcept;
  double space_saving() const noexcept;
};

/// The blobs in use, each once, however many snapshots and files share it.
RawData raw_data(Repository& repository, std::span<const Id> roots, StopToken stop);

}  // namespace snapfs
