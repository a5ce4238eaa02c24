// Pack files (FORMAT §6): many sealed blobs, then a sealed header that lists them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/format/blob.h"

namespace snapfs {

class Codec;

/// One blob of a pack, as its header and the index list it.
struct PackEntry {
  BlobHandle handle;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t uncompressed_length = 0;

  friend auto operator<=>(const PackEntry&, const PackEntry&) noexcept = default;
};

/// A header has 16 MiB at most, and 37 bytes for a blob (FORMAT §6).
inline constexpr std::size_t kMostBlobsOfAPack = ((std::size_t{16} << 20) + 4) / 37;

/// A pack as an index file describes it.
struct PackDescription {
  Id id;
  std::vector<PackEntry> entries;
};

/// A pack that is complete and has its name, but is not stored yet.
struct FinishedPack {
  PackDescription description;
  Bytes bytes;
};

/// The header's size for one entry: 41 bytes, 37 for an uncompressed blob.
std::size_t header_entry_size(const PackEntry& entry) noexcept;

/// What a pack file is larger than its blobs and header entries: seal and length field.
inline constexpr std::size_t kPackOverhead = 36;

/// A pack being filled. Not thread-safe.
class PackBuilder {
 public:
  /// Whether one more entry still fits the header (FORMAT §6: 16 MiB).
  bool header_full() const noexcept;
  bool empty() const noexcept { return entries_.empty(); }
  /// Sealed blobs only, which is what the target size counts.
  std::size_t blob_bytes() const noexcept { return bytes_.size(); }
  const std::vector<PackEntry>& entries() const noexcept { return entries_; }

  void add(const SealedView& blob);

  /// Makes room for that many bytes of blobs at once.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  /// Whether the header has room for the entries of `other`, too.
  bool can_merge(const PackBuilder& other) const noexcept;

  /// Takes over the blobs of `other`; can_merge says that they fit.
  void merge(PackBuilder&& other);

  /// Seals and appends the header, reads it back, and computes the name. The builder is empty
  /// afterwards. Throws Error{kInternal} when the header does not read back.
  FinishedPack finish(Codec& codec);

 private:
  Bytes bytes_;
  std::vector<PackEntry> entries_;
};

/// Reads the header back. `tail` is the end of the file, at least the whole header with its length
/// field; `file_size` is the pack's size. Throws Error{kDamaged}.
std::vector<PackEntry> parse_pack_header(Codec& codec, ByteView tail, std::uint64_t file_size);

/// How many bytes from the end a reader needs for the whole header, by the file's last four bytes.
/// Throws Error{kDamaged} when that cannot be.
std::uint64_t pack_header_extent(ByteView last_four, std::uint64_t file_size);

}  // namespace snapfs
