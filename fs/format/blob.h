// What identifies a blob, and where one lies.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/base/id.h"

namespace snapfs {

enum class BlobType : std::uint8_t { kData = 0, kTree = 1 };

/// "data" or "tree".
std::string_view to_string(BlobType type) noexcept;

/// The same 32 bytes as data and as tree are two different blobs.
struct BlobHandle {
  BlobType type = BlobType::kData;
  Id id;

  friend auto operator<=>(const BlobHandle&, const BlobHandle&) noexcept = default;
};

/// A run of bytes in a pack (FORMAT §7.1).
struct BlobLocation {
  Id pack;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;               ///< sealed, in the pack
  std::uint32_t uncompressed_length = 0;  ///< 0: stored uncompressed

  /// The plaintext's size in bytes.
  std::uint32_t plaintext_length() const noexcept;

  friend auto operator<=>(const BlobLocation&, const BlobLocation&) noexcept = default;
};

/// Chunks have 8 MiB at most (FORMAT §8). The format has no such bound: this is as much as this
/// program takes, and what is larger is no damage. Trees are as large as their directories.
inline constexpr std::uint64_t kMaxDataBytes = std::uint64_t{64} << 20;

/// Throws Error{kUnsupported} for a blob that takes more room in a pack than any program gives one.
void require_possible(const BlobHandle& handle, std::uint64_t sealed_bytes);

/// A blob compressed and encrypted, ready to be put into a pack.
struct SealedBlob {
  BlobHandle handle;
  Bytes bytes;
  std::uint32_t uncompressed_length = 0;  ///< 0: stored uncompressed
};

/// The same with borrowed bytes.
struct SealedView {
  BlobHandle handle;
  ByteView bytes;
  std::uint32_t uncompressed_length = 0;

  SealedView(const BlobHandle& blob, ByteView sealed, std::uint32_t plain_length)
      : handle(blob), bytes(sealed), uncompressed_length(plain_length) {}
  // NOLINTNEXTLINE(google-explicit-constructor): whoever takes a view takes the blob.
  SealedView(const SealedBlob& blob)
      : SealedView(blob.handle, blob.bytes, blob.uncompressed_length) {}
};

}  // namespace snapfs

template <>
struct std::hash<snapfs::BlobHandle> {
  std::size_t operator()(const snapfs::BlobHandle& handle) const noexcept {
    return std::hash<snapfs::Id>{}(handle.id) ^ static_cast<std::size_t>(handle.type);
  }
};
