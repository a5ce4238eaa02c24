// Which blobs hold nothing but zeros, told without reading them: what a file's holes are stored as
// (FORMAT §8.3).
#pragma once

#include <cstdint>
#include <map>

#include "fs/base/id.h"
#include "fs/base/synchronized.h"
#include "fs/format/blob.h"

namespace snapfs {

/// Thread-safe. Remembers the IDs of zeros by their length, so that each is worked out once.
class ZeroBlobs {
 public:
  /// A shorter run is no hole that is worth telling anybody about. Bytes.
  static constexpr std::uint32_t kMinHole = 64 << 10;

  /// Whether the blob is known to be zeros, kMinHole or more. Never true of another; not true of
  /// zeros that are stored uncompressed in a length that a chunker does not cut zeros to.
  bool contains(const Id& blob, const BlobLocation& location) const;

 private:
  Id id_of(std::uint32_t length) const;

  mutable Synchronized<std::map<std::uint32_t, Id>> ids_;
};

}  // namespace snapfs
